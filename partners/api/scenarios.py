"""``X-Sandbox-Scenario``: a sandbox call answers as live would, so that a partner can test what it
never meets there.

Only the outcome is played: nothing is read, changed or sent, and with an ``Idempotency-Key`` the
answer is kept or not as live would. What is no refusal (None) a view shows itself. In live the
header means nothing.
"""

from __future__ import annotations

from collections.abc import Container

from config.foundation.codes import Code
from config.foundation.errors import Refusal

HEADER, META = "X-Sandbox-Scenario", "HTTP_X_SANDBOX_SCENARIO"
FAULT = "internal_error"  # every endpoint has it

Scenarios = dict[str, type[Refusal] | None]


class UnknownScenario(Refusal):
    """A scenario that the endpoint does not have: better said than ignored, or the test would test
    nothing.
    """

    code = Code.UNKNOWN_SCENARIO
    sentence = f"Unknown {HEADER}"


class PlayedFault(Refusal):
    """An internal fault that is none."""

    code = Code.INTERNAL_ERROR
    status = 500


def refuse_unknown(name: str | None, scenarios: Container[str]) -> None:
    """Raises UnknownScenario unless ``name`` is a scenario, or none was asked for."""
    if name is not None and name != FAULT and name not in scenarios:
        raise UnknownScenario


def play(name: str | None, scenarios: Scenarios, fault: str) -> None:
    """Raises the refusal that the scenario ``name`` stands for, if one was asked for."""
    if name == FAULT:
        raise PlayedFault(fault)
    refusal = scenarios[name] if name is not None else None
    if refusal is not None:
        raise refusal
