"""A worker is killed during a live bulk sellback: another completes it within 30 seconds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from buyback.bulk import run
from buyback.models import BulkSale, Buyback, Payout
from buyback.tasks import sell_bulk
from config.foundation import clock
from partners.records.actor import SYSTEM
from tests.kills.conftest import Outside
from tests.kills.scene import AMOUNT, agree
from tests.processes import kill, process, until
from tests.races.test_worker import QUIET, WORKER, send
from tests.world import World, make_item

BEAT = ("celery", "-A", "config.celery", "beat", "--loglevel", "INFO", "--pidfile", "")
PROMISE = 30.0  # seconds from the kill to the end
ITEMS = 4

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def states(sale: BulkSale) -> list[tuple[str, str]]:
    return [(line.state, line.reason) for line in sale.lines.order_by("pk")]


def started(world: World) -> BulkSale:
    live = world.northwind.live
    chosen = [(make_item(live, now=clock.now()).pk, AMOUNT) for _ in range(ITEMS)]
    return run.start(environment=live, token=uuid4(), chosen=chosen, by=SYSTEM, now=clock.now())


def at_the_oracle(peers: Outside) -> Callable[[], bool]:
    """Claimed; the oracle is being called. (The task that refreshes prices may call it too.)"""
    peers.oracle.fault("hang")
    claimed = Buyback.objects.filter(state=Buyback.State.CLAIMED)
    return lambda: bool(peers.oracle.seen) and claimed.exists()


def paid_unheard(peers: Outside) -> Callable[[], bool]:
    """The treasury has paid without responding."""
    peers.treasury.fault("hang_after")
    return lambda: bool(peers.treasury.payments)


@pytest.mark.usefixtures("leaves_no_connection")
@pytest.mark.parametrize(
    ("reach", "first"),
    [(at_the_oracle, ("refused", "failed")), (paid_unheard, ("sold", ""))],
    ids=["at the oracle", "paid, unheard"],
)
def test_another_worker_ends_it_within_the_promise(
    world: World, peers: Outside, reach: Any, first: tuple[str, str]
) -> None:
    """A line not submitted to the treasury is refused, with its item held; a paid one is sold."""
    sale, reached = started(world), reach(peers)
    with process(*BEAT) as beat:
        until(lambda: "beat: Starting" in beat.said())
        with process(*WORKER, *QUIET, **peers.settings) as doomed:
            send(sell_bulk, str(sale.pk))
            until(reached, seconds=20)
            kill(doomed)
        assert states(sale) == [("selling", "")] + [("pending", "")] * (ITEMS - 1)
        peers.oracle.fault(None)
        peers.treasury.fault(None)
        with process(*WORKER, *QUIET, **peers.settings):
            until(lambda: not sale.lines.open().exists(), seconds=PROMISE)
    assert states(sale) == [first] + [("sold", "")] * (ITEMS - 1)
    assert agree(peers)
    assert Payout.objects.count() == ITEMS - (first[0] == "refused")
