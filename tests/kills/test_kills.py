"""``kill -9`` of the web server during a sellback: nothing is lost or paid twice.

Between the steps the server is held from outside: by a peer that hangs, a proxy that holds a
request, or a row that another transaction has locked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import timedelta
from typing import NamedTuple

import pytest

from buyback.live.reconciler import reconcile_all
from buyback.models import Buyback, Payout
from config.foundation import clock
from inventory.models import Item
from tests.kills.conftest import Outside
from tests.kills.scene import (
    AMOUNT,
    FAILED,
    IN_FLIGHT,
    NOT_FOUND,
    ONCE,
    PATH,
    SOLD,
    agree,
    locked,
    rows,
    sell,
    wait_until_gone,
    waits_for_a_lock,
)
from tests.kills.server import Heard, Server
from tests.processes import until
from tests.world import World, make_item

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@contextmanager
def at_the_oracle(server: Server, peers: Outside, item: Item) -> Iterator[Callable[[], bool]]:
    """Claimed; the oracle is being called."""
    peers.oracle.fault("hang")
    yield lambda: bool(peers.oracle.seen)


@contextmanager
def before_submitting(server: Server, peers: Outside, item: Item) -> Iterator[Callable[[], bool]]:
    """Priced; the submission is not committed."""
    with locked("inventory_card", item.card_id):
        yield lambda: waits_for_a_lock(server)


@contextmanager
def before_asking(server: Server, peers: Outside, item: Item) -> Iterator[Callable[[], bool]]:
    """Submitted; no request has left the server yet."""
    peers.wire.cut()  # connections of an earlier test
    before = peers.wire.accepted
    peers.wire.delay(600)
    yield lambda: peers.wire.accepted > before
    peers.wire.cut()


@contextmanager
def asking(server: Server, peers: Outside, item: Item) -> Iterator[Callable[[], bool]]:
    """The treasury has the request and has not paid."""
    peers.treasury.fault("hang_before")
    yield lambda: bool(peers.treasury.seen)


@contextmanager
def paid_unheard(server: Server, peers: Outside, item: Item) -> Iterator[Callable[[], bool]]:
    """The treasury has paid without responding."""
    peers.treasury.fault("hang_after")
    yield lambda: bool(peers.treasury.payments)


@contextmanager
def before_finishing(server: Server, peers: Outside, item: Item) -> Iterator[Callable[[], bool]]:
    """The treasury has confirmed the payment; sellback and payout are not committed."""
    peers.treasury.fault("slow", times=1, seconds=2)
    with ExitStack() as stack:

        def reached() -> bool:
            """The claim needs the user's row too, so it is locked only once money has moved."""
            if not peers.treasury.payments:
                return False
            if not held:
                held.append(stack.enter_context(locked("inventory_collector", item.collector_id)))
            return waits_for_a_lock(server)

        held: list[object] = []
        yield reached


class Point(NamedTuple):
    """Where the server dies, the state then, and the final outcome."""

    reach: Callable[[Server, Outside, Item], AbstractContextManager[Callable[[], bool]]]
    leaves: str
    paid: bool
    sold: bool


POINTS = (
    Point(at_the_oracle, "claimed", paid=False, sold=False),
    Point(before_submitting, "claimed", paid=False, sold=False),
    Point(before_asking, "submitted", paid=False, sold=True),
    Point(asking, "submitted", paid=False, sold=True),
    Point(paid_unheard, "submitted", paid=True, sold=True),
    Point(before_finishing, "submitted", paid=True, sold=True),
)


def die_at(point: Point, server: Server, peers: Outside, world: World, item: Item) -> None:
    """Start a sellback with the key "once", and kill the server at this point.

    A locked row stays locked until the server's connection is gone: otherwise its statement would
    continue.
    """
    with point.reach(server, peers, item) as reached:
        body = {"item_id": item.public_id}
        call = server.begin("POST", PATH["live"], world.northwind.live_key, body, **ONCE)
        until(reached, seconds=20)
        server.kill()
        assert call.wait() is None
        wait_until_gone(server)
    peers.oracle.fault(None)
    peers.treasury.fault(None)
    peers.wire.behave()


@pytest.mark.parametrize(
    ("point", "asked_by"),
    [
        *((point, "clock") for point in POINTS),
        (POINTS[0], "caller"),
        (POINTS[2], "caller"),
        (POINTS[5], "caller"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.reach.__name__,
)
def test_it_neither_loses_nor_doubles_a_sale(
    server: Server, peers: Outside, world: World, point: Point, asked_by: str
) -> None:
    """``asked_by``: how the server finds out, by the reconciler or the caller's retry."""
    item = make_item(world.northwind.live, now=clock.now())
    die_at(point, server, peers, world, item)
    sale = Buyback.objects.get()
    assert sale.state == point.leaves
    assert peers.treasury.paid() == ({sale.reference: AMOUNT} if point.paid else {})
    server.start()
    assert sell(server, world, item, **ONCE) == Heard(429, IN_FLIGHT, replayed=False)
    assert sell(server, world, item) == Heard(429, IN_FLIGHT, replayed=False)
    if asked_by == "clock":
        assert reconcile_all(now=clock.now() + timedelta(seconds=31)) == 1
    else:
        Buyback.objects.update(lease_until=clock.now())
    truth = Heard(200, SOLD, replayed=True) if point.sold else Heard(400, FAILED, replayed=True)
    assert sell(server, world, item, **ONCE) == truth
    assert Buyback.objects.get().state == ("settled" if point.sold else "failed")
    assert agree(peers)
    assert sell(server, world, item) == (
        Heard(400, NOT_FOUND, False) if point.sold else Heard(200, SOLD, False)
    )
    assert agree(peers)
    assert [payout.amount for payout in Payout.objects.all()] == [AMOUNT]


def test_it_finishes_a_step_that_the_database_has(
    server: Server, peers: Outside, world: World
) -> None:
    """Killed in the last step: the database completes its single statement."""
    item = make_item(world.northwind.live, now=clock.now())
    with before_finishing(server, peers, item) as reached:
        body = {"item_id": item.public_id}
        call = server.begin("POST", PATH["live"], world.northwind.live_key, body, **ONCE)
        until(reached, seconds=20)
        server.kill()
        assert call.wait() is None
    wait_until_gone(server)
    assert rows() == [1, 1, 2]
    server.start()
    assert sell(server, world, item, **ONCE) == Heard(200, SOLD, replayed=True)
    assert agree(peers)


def test_it_sells_at_once_or_not_at_all(server: Server, world: World) -> None:
    """Killed in the single statement: with a key it is rolled back, and the retry sells once."""
    item = make_item(world.northwind.sandbox, now=clock.now())
    with locked("inventory_collector", item.collector_id):
        body = {"item_id": item.public_id}
        call = server.begin("POST", PATH["sandbox"], world.northwind.sandbox_key, body, **ONCE)
        until(lambda: waits_for_a_lock(server), seconds=20)
        server.kill()
        assert call.wait() is None
    wait_until_gone(server)
    assert rows() == [0, 0, 0]
    server.start()
    assert sell(server, world, item, "sandbox", **ONCE) == Heard(200, SOLD, replayed=False)
    assert sell(server, world, item, "sandbox", **ONCE) == Heard(200, SOLD, replayed=True)
    assert rows() == [1, 1, 1]


def test_it_finishes_what_the_database_already_has(server: Server, world: World) -> None:
    """Without a key the database completes the statement, and the next call gets the true state."""
    item = make_item(world.northwind.sandbox, now=clock.now())
    with locked("inventory_collector", item.collector_id):
        call = server.begin(
            "POST", PATH["sandbox"], world.northwind.sandbox_key, {"item_id": item.public_id}
        )
        until(lambda: waits_for_a_lock(server), seconds=20)
        server.kill()
        assert call.wait() is None
    wait_until_gone(server)
    assert rows() == [1, 1, 1]
    server.start()
    assert sell(server, world, item, "sandbox") == Heard(400, NOT_FOUND, replayed=False)
