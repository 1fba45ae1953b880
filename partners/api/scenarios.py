"""``X-Sandbox-Scenario``: a sandbox call returns an outcome that otherwise occurs only in live.

Only the outcome is simulated: nothing is read, changed or sent. With an ``Idempotency-Key`` the
response is stored or not, as in live. A view simulates outcomes that are not refusals (None)
itself. In live the header is ignored.
"""

from __future__ import annotations

from collections.abc import Container

from config.foundation.codes import Code
from config.foundation.errors import Refusal

HEADER, META = "X-Sandbox-Scenario", "HTTP_X_SANDBOX_SCENARIO"
FAULT = "internal_error"  # every endpoint accepts it

Scenarios = dict[str, type[Refusal] | None]


class UnknownScenario(Refusal):
    """The endpoint does not have this scenario. Ignoring it would make the test pointless."""

    code = Code.UNKNOWN_SCENARIO
    sentence = f"Unknown {HEADER}"


class PlayedFault(Refusal):
    """A simulated internal fault."""

    code = Code.INTERNAL_ERROR
    status = 500


def refuse_unknown(name: str | None, scenarios: Container[str]) -> None:
    """Raises UnknownScenario if ``name`` is not one of ``scenarios``."""
    if name is not None and name != FAULT and name not in scenarios:
        raise UnknownScenario


def play(name: str | None, scenarios: Scenarios, fault: str) -> None:
    """Raises the refusal that the scenario ``name`` stands for, if there is one."""
    if name == FAULT:
        raise PlayedFault(fault)
    refusal = scenarios[name] if name is not None else None
    if refusal is not None:
        raise refusal
