"""The sweep: which windows it closes, its events, and what it leaves unchanged."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from buyback.sellback.sell_back import sell_back
from buyback.tasks import close_windows as task
from config.foundation import clock
from config.foundation.clock import iso
from inventory.models import Item
from inventory.windows.sweep import close_batch, close_windows
from partners.models import Event
from partners.records.actor import SYSTEM
from tests.world import NOW, World, make_buyback, make_item

JUST_BEFORE = NOW - timedelta(microseconds=1)


def closed() -> set[str]:
    return set(Item.objects.exclude(expired_at=None).values_list("public_id", flat=True))


def expired_events() -> list[dict[str, Any]]:
    return list(Event.objects.filter(type="item.expired").values_list("data", flat=True))


def test_it_closes_a_window_and_tells_of_it(world: World) -> None:
    item = make_item(world.northwind.live, expires_at=JUST_BEFORE)
    assert close_windows(now=NOW) == 1
    item.refresh_from_db()
    assert (item.state, item.expired_at, item.expires_at) == ("held", NOW, JUST_BEFORE)
    event = Event.objects.get()
    assert (event.environment, event.created_at) == (world.northwind.live, NOW)
    assert (event.data["item_id"], event.data["user_id"]) == (
        item.public_id,
        item.collector.user_id,
    )
    assert event.data["expired_at"].startswith(iso(JUST_BEFORE)[:19])


def test_it_leaves_the_very_instant_open(world: World) -> None:
    """The deadline itself still sells, so the window has not closed."""
    make_item(world.northwind.live, expires_at=NOW)
    assert close_windows(now=NOW) == 0
    assert close_windows(now=NOW + timedelta(microseconds=1)) == 1


def test_it_leaves_windows_that_never_close(world: World) -> None:
    make_item(world.northwind.live, expires_at=None)
    assert close_windows(now=NOW + timedelta(days=36_500)) == 0


@pytest.mark.parametrize("state", ["shipping", "shipped"])
def test_it_leaves_items_that_are_shipped(world: World, state: str) -> None:
    make_item(world.northwind.live, state=state, expires_at=JUST_BEFORE)
    assert close_windows(now=NOW) == 0


def test_it_leaves_items_that_are_being_sold(world: World) -> None:
    make_buyback(
        make_item(world.northwind.live, state="selling", expires_at=JUST_BEFORE), state="claimed"
    )
    assert close_windows(now=NOW) == 0


def test_it_leaves_items_that_were_sold(world: World) -> None:
    item = make_item(world.northwind.live, expires_at=JUST_BEFORE)
    sell_back(environment=item.environment, item_id=item.public_id, by=SYSTEM, now=JUST_BEFORE)
    assert close_windows(now=NOW) == 0


def test_it_records_one_event_however_often_it_runs(world: World) -> None:
    make_item(world.northwind.live, expires_at=JUST_BEFORE)
    assert [close_windows(now=NOW + timedelta(hours=hours)) for hours in range(3)] == [1, 0, 0]
    assert len(expired_events()) == 1


@pytest.mark.parametrize("batch", [1, 2, 7, 100])
def test_it_closes_everything_whatever_the_batch(world: World, batch: int) -> None:
    environments = (world.northwind.live, world.northwind.sandbox, world.juniper.live)
    items = [
        make_item(environment, expires_at=JUST_BEFORE)
        for environment in environments
        for _ in range(3)
    ]
    assert close_windows(now=NOW, batch=batch) == 9
    assert (
        closed()
        == {item.public_id for item in items}
        == {event["item_id"] for event in expired_events()}
    )
    assert len(expired_events()) == 9


def test_it_closes_no_more_than_a_batch_at_a_time(world: World) -> None:
    for _ in range(5):
        make_item(world.northwind.live, expires_at=JUST_BEFORE)
    assert [close_batch(now=NOW, batch=2) for _ in range(4)] == [2, 2, 1, 0]


def test_it_closes_the_longest_due_first(world: World) -> None:
    items = [
        make_item(world.northwind.live, expires_at=NOW - timedelta(days=days)) for days in (1, 3, 2)
    ]
    close_batch(now=NOW, batch=1)
    assert closed() == {items[1].public_id}


def test_it_follows_a_sandboxs_own_clock(world: World) -> None:
    ahead = world.northwind.sandbox
    ahead.clock_offset = timedelta(days=7)
    ahead.save()
    items = [make_item(environment) for environment in (ahead, world.juniper.sandbox)]
    assert close_windows(now=NOW + timedelta(seconds=1)) == 1
    assert closed() == {items[0].public_id}
    items[0].refresh_from_db()
    assert items[0].expired_at == NOW + timedelta(days=7, seconds=1)


def test_it_uses_the_databases_clock_as_a_task(world: World) -> None:
    make_item(world.northwind.live, expires_at=clock.now() - timedelta(milliseconds=1))
    make_item(world.northwind.live, expires_at=clock.now() + timedelta(minutes=1))
    assert [task(), task()] == [1, 0]


def test_it_takes_one_statement_for_a_batch(world: World) -> None:
    for _ in range(20):
        make_item(world.northwind.live, expires_at=JUST_BEFORE)
    with CaptureQueriesContext(connection) as queries:
        close_batch(now=NOW)
    assert len(queries) == 1


def test_it_sells_nothing_it_has_closed_and_needs_no_sweep_to_refuse(world: World) -> None:
    item = make_item(world.northwind.live, expires_at=JUST_BEFORE)
    before = sell_refused(item)
    close_windows(now=NOW)
    assert sell_refused(item) == before == "Item has expired"


def sell_refused(item: Item) -> str:
    with pytest.raises(Exception) as caught:  # noqa: PT011  (its sentence is what is asked)
        sell_back(environment=item.environment, item_id=item.public_id, by=SYSTEM, now=NOW)
    return str(caught.value)
