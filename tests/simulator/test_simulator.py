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

# The suite plays 200 runs; CI plays 1,800 others in a stage of its own (`.ci/run`).
FIRST = int(os.environ.get("SIMULATOR_FIRST", "0"))
LAST = FIRST + int(os.environ.get("SIMULATOR_SEEDS", "200"))
SEEN = (
    Unsound,
    DatabaseError,
    Moved,
    SalesNotReconciled,
)  # the judge, the database, or a step that found its row moved
BATCH = 100  # runs between two clean tables
ENOUGH = 400  # seeds in which a missing guard must show
# The seed that showed it last: played first, because a search takes a minute.
SHOWN_BY = {
    "silence_is_a_no": 5,
    "not_found_is_a_no": 29,
    "new_reference_each_time": 0,
    "paid_before_written_down": 7,
    "lapsed_claims_still_submit": 7,
    "any_lease_will_do": 82,
    "open_items_are_free": 5,
    "nobody_reconciles": 1,
    "windows_never_close": 4,
    "money_stays_in_flight": 0,
    "caps_do_not_count": 26,
    "floors_do_not_hold": 76,
    "any_treasury_will_do": 5,
    "references_are_random": 176,
    "anything_can_be_ordered": 0,
    "ordered_items_still_sell": 19,
    "given_up_orders_keep_their_items": 9,
}


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
        for seed in (SHOWN_BY[guard.__name__], *range(ENOUGH)):
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
