"""Live sellbacks in the simulator: sound for every seed, and unsound without any guard."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from django.db import DatabaseError

from buyback.live.reconciler import SalesNotReconciled
from buyback.live.steps import Moved
from tests.conftest import empty_the_database
from tests.simulator.guards import GUARDS, Outage
from tests.simulator.run import Run, Unsound
from tests.simulator.stage import Stage

FIRST = int(os.environ.get("SIMULATOR_FIRST", "0"))
LAST = FIRST + int(os.environ.get("SIMULATOR_SEEDS", "2000"))
SEEN = (
    Unsound,
    DatabaseError,
    Moved,
    SalesNotReconciled,
)  # the final check, the database, or a step whose row had changed
BATCH = 100  # runs between two emptied tables
ENOUGH = 400  # seeds in which a missing guard must be noticed


@pytest.fixture
def stage(transactional_db: None) -> Iterator[Stage]:
    stage = Stage(6)
    yield stage
    stage.close()


@pytest.mark.slow
@pytest.mark.parametrize("first", range(FIRST, LAST, BATCH))
def test_it_stays_sound(stage: Stage, first: int) -> None:
    for seed in range(first, min(first + BATCH, LAST)):
        run = Run(seed, stage)
        try:
            run.play()
        except BaseException as error:
            raise AssertionError(f"seed {seed}: {error!r}\n" + "\n".join(run.trace)) from error


@pytest.mark.slow
@pytest.mark.breaks_books("a guard is missing on purpose")
@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.__name__)
def test_it_sees_a_missing_guard(stage: Stage, guard: Outage) -> None:
    with guard():
        for seed in range(ENOUGH):
            try:
                Run(seed, stage).play()
            except SEEN:
                return
    pytest.fail(f"{ENOUGH} seeds did not show that {guard.__name__}: {guard.__doc__}")


def test_it_repeats_itself(stage: Stage) -> None:
    traces = []
    for _ in range(2):
        run = Run(7, stage)
        run.play()
        traces.append(run.trace)
        empty_the_database(None)  # type: ignore[arg-type]
    assert traces[0] == traces[1]
