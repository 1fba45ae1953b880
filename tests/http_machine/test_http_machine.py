"""The contract as a state machine: calls in any order, instant and step-by-step."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase
from hypothesis import settings as bounds
from hypothesis.errors import Flaky
from hypothesis.stateful import run_state_machine_as_test
from pytest_django.fixtures import Settings

from buyback.live import breakers
from config.peers.breaker import Breaker
from tests.http_machine.machine import Calls, StepByStep
from tests.peers.oracle import OraclePeer
from tests.peers.treasury import TreasuryPeer
from tests.simulator.guards import silence_is_a_no

KEY = "the treasury's key in these tests alone"
# A fixed seed: a failure in CI is reproducible.
BOUNDED = bounds(
    max_examples=20,
    stateful_step_count=30,
    deadline=None,
    derandomize=True,
    database=None,
    phases=(Phase.generate,),  # an example takes a second, so failures are not shrunk
    suppress_health_check=list(HealthCheck),
)
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.fixture
def peers(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Live sellbacks call an oracle and a treasury on sockets."""
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
def test_it_notices_a_timeout_treated_as_a_refusal() -> None:
    """The control: the machine detects faults. (Card draws are random, so a replay may differ.)"""
    with silence_is_a_no(), pytest.raises((AssertionError, Flaky)):
        run_state_machine_as_test(StepByStep, settings=BOUNDED)
