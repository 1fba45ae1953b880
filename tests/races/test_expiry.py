"""Simultaneous sweeps, and sellbacks during sweeps."""

from __future__ import annotations

import threading
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial

import pytest
from django.db import connection

from buyback.models import Buyback
from buyback.outcomes import ItemExpired, SaleInFlight
from buyback.sellback.sell_back import sell_back
from config.foundation import clock
from inventory.models import Item
from inventory.windows.sweep import close_batch, close_windows
from partners.models import Event, Mode
from partners.records.actor import SYSTEM
from tests.threads import together
from tests.world import (
    NOW,
    World,
    make_collector,
    make_environment,
    make_item,
    make_pack,
    make_purchase,
)

pytestmark = pytest.mark.django_db(transaction=True)


def lapsed(world: World, count: int) -> set[str]:
    """Items whose window closed just before NOW, in every environment."""
    pack, ids = make_pack(), set()
    for environment in (world.northwind.live, world.northwind.sandbox, world.juniper.live):
        purchase = make_purchase(make_collector(environment), pack=pack)
        for _ in range(count):
            item = make_item(
                environment, purchase=purchase, expires_at=NOW - timedelta(milliseconds=1)
            )
            ids.add(item.public_id)
    return ids


def expired_ids() -> list[str]:
    """Items with an event that their window closed."""
    return list(Event.objects.filter(type="item.expired").values_list("data__item_id", flat=True))


def test_it_shows_two_sweeps_telling_twice_without_the_lock(world: World) -> None:
    """The control: read, then act. Both sweeps found every item due, so both would report it."""
    ids, both_have_looked = lapsed(world, 5), threading.Barrier(2)

    def naive() -> int:
        due = list(Item.objects.held().filter(expired_at=None, expires_at__lt=NOW))
        both_have_looked.wait(timeout=30)
        return len(due)

    assert sum(together([naive, naive])) == 2 * len(ids)


def test_it_shares_the_work_between_two_sweeps(world: World) -> None:
    ids = lapsed(world, 40)
    closed = together([lambda: close_windows(now=NOW, batch=7)] * 2)
    assert sum(closed) == len(ids)
    assert sorted(expired_ids()) == sorted(ids)


def test_it_gives_the_second_sweep_what_the_first_has_not_locked(world: World) -> None:
    """The first is held during its batch; the second neither waits for it nor repeats it."""
    ids, first_has_batch, second_is_done = lapsed(world, 4), threading.Event(), threading.Event()

    def first() -> int:
        with connection.cursor() as cursor:
            cursor.execute("BEGIN")
            closed = close_batch(now=NOW, batch=5)
            first_has_batch.set()
            second_is_done.wait(timeout=30)
            cursor.execute("COMMIT")
        return closed

    def second() -> int:
        first_has_batch.wait(timeout=30)
        closed = close_windows(now=NOW, batch=5)
        second_is_done.set()
        return closed

    assert together([first, second]) == [5, len(ids) - 5]
    assert sorted(expired_ids()) == sorted(ids)


def sell_around_its_end(item: Item) -> None:
    """Start a little before the deadline, and retry while another request holds the item."""
    while clock.now() < item.expires_at - timedelta(milliseconds=2):  # type: ignore[operator]
        pass
    with suppress(ItemExpired):
        while True:
            with suppress(SaleInFlight):
                sell_back(environment=item.environment, item_id=item.public_id, by=SYSTEM)
                return


def sweep_until(moment: datetime) -> None:
    while clock.now() < moment:
        close_windows(batch=3)


@pytest.mark.parametrize("mode", Mode.values)
def test_it_either_sells_or_closes_each_item(world: World, mode: str) -> None:
    """Windows close one by one during sellbacks and sweeps: none is sold late, none does both."""
    environment, start = world.northwind.environment(mode), clock.now()
    purchase = make_purchase(make_collector(environment), created_at=start)
    closing = [start + timedelta(milliseconds=400 + 10 * number) for number in range(40)]
    items = [
        make_item(environment, purchase=purchase, now=start, expires_at=moment)
        for moment in closing
    ]

    def seller(first: int) -> None:
        for item in items[first::4]:
            sell_around_its_end(item)

    sweep = partial(sweep_until, closing[-1] + timedelta(milliseconds=100))
    assert together([*(partial(seller, number) for number in range(4)), sweep, sweep]) == [None] * 6
    close_windows()
    sold = set(Buyback.objects.values_list("item__public_id", flat=True))
    assert sold.isdisjoint(expired_ids())
    assert sold | set(expired_ids()) == {item.public_id for item in items}
    assert len(sold) + len(expired_ids()) == len(items)


def test_it_says_expired_and_not_busy_while_the_sweep_holds_an_expired_item() -> None:
    """Only the sweep locks an expired item, so the partner must not be asked to retry."""
    item = make_item(make_environment(), expires_at=NOW)
    sweep = connection.copy()
    with sweep.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("SELECT FROM inventory_item WHERE id = %s FOR NO KEY UPDATE", [item.pk])
        with pytest.raises(SaleInFlight):
            sell_back(environment=item.environment, item_id=item.public_id, by=SYSTEM, now=NOW)
        with pytest.raises(ItemExpired):
            sell_back(
                environment=item.environment,
                item_id=item.public_id,
                by=SYSTEM,
                now=NOW + timedelta(seconds=1),
            )
        cursor.execute("ROLLBACK")
    sweep.close()
    assert not Buyback.objects.exists()
