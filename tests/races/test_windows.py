"""A window closed or extended by hand at the same time as a sellback or a sweep."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection, transaction

from buyback.models import Buyback
from buyback.sellback.sell_back import sell_back
from config.foundation.errors import Refusal
from inventory.models import Item
from inventory.windows.override import close_window, extend_window
from inventory.windows.sweep import close_batch
from partners.models import AuditEntry, Event, Mode
from partners.records.actor import SYSTEM, Actor
from tests.threads import together
from tests.world import NOW, World, make_item

pytestmark = pytest.mark.django_db(transaction=True)
ANNA = Actor("user", "anna@x.test")
HOUR = timedelta(hours=1)


def outcome_of(act: Callable[[], Any]) -> Callable[[], str]:
    """``act``, returning "done" or the name of the refusal."""

    def run() -> str:
        try:
            act()
        except Refusal as refusal:
            return type(refusal).__name__
        return "done"

    return run


def test_it_shows_a_close_and_a_sale_finding_the_item_held_without_the_lock(world: World) -> None:
    """The control: both read before either writes, so the close would have no effect."""
    item, gate = make_item(world.northwind.live), threading.Barrier(2)

    def looks() -> str:
        with transaction.atomic():
            state = Item.objects.get(pk=item.pk).state
            gate.wait(timeout=30)
            return state

    assert together([looks, looks]) == ["held", "held"]


@pytest.mark.parametrize("mode", Mode.values)
def test_it_either_sells_or_is_closed(world: World, mode: str) -> None:
    environment = world.northwind.environment(mode)
    items = [make_item(environment, now=environment.now()) for _ in range(12)]
    results = set()
    for item in items:
        sell = outcome_of(
            partial(sell_back, environment=environment, item_id=item.public_id, by=SYSTEM)
        )
        close = outcome_of(partial(close_window, item=item, reason="stop", by=ANNA))
        results.add(tuple(together([sell, close])))
    # Live does not wait for the close's lock, the sandbox does.
    lost = "SaleInFlight" if mode == "live" else "ItemExpired"
    assert results <= {("done", "NotHeld"), (lost, "done"), ("ItemExpired", "done")}
    sold = set(Buyback.objects.values_list("item_id", flat=True))
    closed = {
        int(target.split(":")[1]) for target in AuditEntry.objects.values_list("target", flat=True)
    }
    assert sold.isdisjoint(closed)
    assert sold | closed == {item.pk for item in items}


def test_it_shows_a_sweep_marking_an_extended_item_without_the_lock(world: World) -> None:
    """The control: read, then mark. The window was extended meanwhile, and the item says closed."""
    item, looked, extended = (
        make_item(world.northwind.live, expires_at=NOW),
        threading.Event(),
        threading.Event(),
    )

    def naive_sweep() -> None:
        due = [
            row.pk for row in Item.objects.held().filter(expired_at=None, expires_at__lt=NOW + HOUR)
        ]
        looked.set()
        extended.wait(timeout=30)
        Item.objects.filter(pk__in=due).update(expired_at=NOW + HOUR)

    def extend() -> None:
        looked.wait(timeout=30)
        extend_window(item=item, closes_at=NOW + 3 * HOUR, reason="so", by=ANNA, now=NOW + HOUR)
        extended.set()

    together([naive_sweep, extend])
    item.refresh_from_db()
    assert (item.expires_at, item.expired_at) == (NOW + 3 * HOUR, NOW + HOUR)


@pytest.mark.parametrize("first", ["sweep", "extend"])
def test_it_is_open_after_it_was_extended_beside_a_sweep(world: World, first: str) -> None:
    """Whichever locks the row first: the other waits, or skips it."""
    item, has_row, other_began = (
        make_item(world.northwind.live, expires_at=NOW),
        threading.Event(),
        threading.Event(),
    )
    later = NOW + HOUR

    def sweep() -> int:
        with connection.cursor() as cursor:
            if first != "sweep":
                has_row.wait(timeout=30)
            cursor.execute("BEGIN")
            closed = close_batch(now=later, batch=5)
            has_row.set()
            if first == "sweep":
                other_began.wait(timeout=30)
            cursor.execute("COMMIT")
        other_began.set()
        return closed

    def extend() -> None:
        if first == "sweep":
            has_row.wait(timeout=30)
            other_began.set()
            extend_window(item=item, closes_at=NOW + 3 * HOUR, reason="so", by=ANNA, now=later)
            return
        with transaction.atomic():
            Item.objects.select_for_update(no_key=True).get(pk=item.pk)
            has_row.set()
            other_began.wait(timeout=30)
        extend_window(item=item, closes_at=NOW + 3 * HOUR, reason="so", by=ANNA, now=later)

    closed, _ = together([sweep, extend])
    item.refresh_from_db()
    assert (item.expires_at, item.expired_at) == (NOW + 3 * HOUR, None)
    assert (
        closed
        == Event.objects.filter(type="item.expired").count()
        == (1 if first == "sweep" else 0)
    )
