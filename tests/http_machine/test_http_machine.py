"""The contract as a machine: any calls, in any order, at once and step by step."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase
from hypothesis import settings as bounds
from hypothesis.errors import Flaky
from hypothesis.stateful import run_state_machine_as_test
from pytest_django.fixtures import Settings

from buyback.live import breakers
from config.foundation.breaker import Breaker
from tests.http_machine.machine import Calls, StepByStep
from tests.peers.oracle import OraclePeer
from tests.peers.treasury import TreasuryPeer
from tests.simulator.guards import silence_is_a_no

KEY = "the treasury's key in these tests alone"
# The same calls every time: what fails in CI fails at home.
BOUNDED = bounds(
    max_examples=20,
    stateful_step_count=30,
    deadline=None,
    derandomize=True,
    database=None,
    phases=(Phase.generate,),  # an example takes a second: a failure is told as it is found
    suppress_health_check=list(HealthCheck),
)
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.fixture
def peers(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Live sales ask an oracle and a treasury on sockets."""
    with OraclePeer() as oracle, TreasuryPeer(key=KEY) as treasury:
        found = {"ORACLE_URL": oracle.url, "TREASURY_URL": treasury.url, "TREASURY_KEY": KEY}
        for name, value in found.items():
            setattr(settings, name, value)
        for name in ("ORACLE", "TREASURY", "QUESTIONS"):
            monkeypatch.setattr(breakers, name, Breaker())
        monkeypatch.setattr(StepByStep, "peers", (oracle, treasury))
        yield


def test_it_answers_by_the_contract_at_once() -> None:
    run_state_machine_as_test(Calls, settings=BOUNDED)


@pytest.mark.usefixtures("peers")
def test_it_answers_by_the_contract_step_by_step() -> None:
    run_state_machine_as_test(StepByStep, settings=BOUNDED)


@pytest.mark.usefixtures("peers")
@pytest.mark.breaks_books("a guard is missing on purpose")
def test_it_sees_a_silence_taken_for_a_no() -> None:
    """The control: the machine is known to look. (Which cards are drawn is chance, so a replay may
    differ.)
    """
    with silence_is_a_no(), pytest.raises((AssertionError, Flaky)):
        run_state_machine_as_test(StepByStep, settings=BOUNDED)
