"""``X-Sandbox-Scenario``: a sandbox call returns an outcome that otherwise occurs only in live.

Only the outcome is simulated: nothing is read, changed or sent. With an ``Idempotency-Key`` the
response is stored or not, as in live. A view simulates outcomes that are not refusals itself
(``shown``). In live the header is ignored.
"""

from __future__ import annotations

from collections.abc import Container, Mapping

from config.foundation.errors import Refusal

HEADER, META = "X-Sandbox-Scenario", "HTTP_X_SANDBOX_SCENARIO"
FAULT = "internal_error"  # every endpoint accepts it

Scenarios = Mapping[str, type[Refusal]]


class UnknownScenario(Refusal):
    """The endpoint does not have this scenario. Ignoring it would make the test pointless."""

    sentence = f"Unknown {HEADER}"


class PlayedFault(Refusal):
    """A simulated internal fault."""

    status = 500


def refuse_unknown(name: str | None, scenarios: Container[str]) -> None:
    """Raises UnknownScenario if ``name`` is not one of ``scenarios``."""
    if name is not None and name != FAULT and name not in scenarios:
        raise UnknownScenario


def play(name: str | None, scenarios: Scenarios, fault: str) -> None:
    """Raises the refusal that the scenario ``name`` stands for, if there is one."""
    if name == FAULT:
        raise PlayedFault(fault)
    if name is not None:
        raise scenarios[name]
