"""Extending and closing windows by hand: only of held items, with a reason, event and audit."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from buyback.outcomes import ItemExpired
from buyback.sellback.sell_back import sell_back
from config.foundation.errors import Refusal
from config.foundation.reasons import ReasonRequired
from inventory.models import Item
from inventory.windows.override import AlreadyClosed, NotHeld, NotLater, close_window, extend_window
from inventory.windows.sweep import close_windows
from partners.models import AuditEntry, Event, Mode
from partners.records.actor import Actor
from tests.world import NOW, World, make_buyback, make_item

ANNA = Actor("user", "anna@x.test")
HOUR = timedelta(hours=1)
INSTANT = timedelta(microseconds=1)


@pytest.fixture(params=Mode.values)
def item(request: pytest.FixtureRequest, world: World) -> Item:
    """A held item with one hour left."""
    return make_item(world.northwind.environment(request.param), expires_at=NOW + HOUR)


def sell(item: Item, now: Any) -> None:
    sell_back(environment=item.environment, item_id=item.public_id, by=ANNA, now=now)


def rows() -> list[Any]:
    return [
        list(model._default_manager.order_by("pk").values()) for model in (Item, Event, AuditEntry)
    ]


def refuses(what: type[Refusal], act: Callable[[], object]) -> None:
    before = rows()
    with pytest.raises(what):
        act()
    assert rows() == before


def test_it_sells_no_more_once_it_is_closed(item: Item) -> None:
    close_window(item=item, reason="a price that was wrong", by=ANNA, now=NOW)
    with pytest.raises(ItemExpired):
        sell(item, NOW)
    item.refresh_from_db()
    assert (item.state, item.expires_at, item.expired_at) == ("held", NOW - INSTANT, None)


def test_it_sells_again_once_it_is_extended(item: Item) -> None:
    assert close_windows(now=NOW + 2 * HOUR) == 1
    extend_window(
        item=item, closes_at=NOW + 4 * HOUR, reason="our outage", by=ANNA, now=NOW + 2 * HOUR
    )
    item.refresh_from_db()
    assert (item.expires_at, item.expired_at) == (NOW + 4 * HOUR, None)
    sell(item, NOW + 3 * HOUR)
    item.refresh_from_db()
    assert item.state == "sold"


def test_it_records_an_event_and_is_audited(item: Item, world: World) -> None:
    extend_window(item=item, closes_at=NOW + 3 * HOUR, reason=" our outage ", by=ANNA, now=NOW)
    close_window(item=item, reason="enough", by=ANNA, now=NOW + HOUR)
    changes = Event.objects.filter(
        type="item.window_changed", environment=item.environment
    ).order_by("created_at")
    assert [one.data["buyback_expires_at"] for one in changes] == [
        "2026-04-18T22:05:14.000Z",
        "2026-04-18T20:05:13.999Z",
    ]
    assert {one.data["item_id"] for one in changes} == {item.public_id}
    entries = AuditEntry.objects.order_by("created_at", "id").values_list(
        "actor", "action", "before", "after"
    )
    first, second = (NOW + HOUR).isoformat().replace("+00:00", "Z"), "2026-04-18T22:05:14Z"
    assert list(entries) == [
        (
            "user:anna@x.test",
            "item.window_extended",
            {"expires_at": first, "expired_at": None},
            {"expires_at": second, "expired_at": None, "reason": "our outage"},
        ),
        (
            "user:anna@x.test",
            "item.window_closed",
            {"expires_at": second, "expired_at": None},
            {"expires_at": "2026-04-18T20:05:13.999Z", "expired_at": None, "reason": "enough"},
        ),
    ]
    assert AuditEntry.objects.filter(partner=world.northwind.partner).count() == 2


def test_it_is_swept_as_any_other_window(item: Item) -> None:
    close_window(item=item, reason="enough", by=ANNA, now=NOW)
    assert close_windows(now=NOW) == 1
    assert Event.objects.filter(type="item.expired").count() == 1


@pytest.mark.parametrize("state", ["selling", "sold", "shipping", "shipped"])
@pytest.mark.breaks_books("rows in states without what belongs to them")
def test_it_changes_no_window_of_an_item_that_is_not_held(world: World, state: str) -> None:
    sold_at = NOW if state == "sold" else None
    item = make_item(world.northwind.live, state=state, sold_at=sold_at, expires_at=NOW + HOUR)
    refuses(NotHeld, lambda: close_window(item=item, reason="so", by=ANNA, now=NOW))
    refuses(
        NotHeld,
        lambda: extend_window(item=item, closes_at=NOW + 2 * HOUR, reason="so", by=ANNA, now=NOW),
    )


@pytest.mark.parametrize(
    "closes_at",
    [NOW, NOW + HOUR, NOW + timedelta(days=366) + INSTANT, NOW - HOUR],
    ids=lambda moment: f"{moment}",
)
def test_it_extends_to_a_later_time_of_the_next_year(item: Item, closes_at: Any) -> None:
    refuses(
        NotLater,
        lambda: extend_window(item=item, closes_at=closes_at, reason="so", by=ANNA, now=NOW),
    )


def test_it_extends_no_window_that_never_closes(world: World) -> None:
    item = make_item(world.northwind.live, expires_at=None)
    refuses(
        NotLater,
        lambda: extend_window(item=item, closes_at=NOW + HOUR, reason="so", by=ANNA, now=NOW),
    )
    close_window(item=item, reason="it may be closed", by=ANNA, now=NOW)
    refuses(AlreadyClosed, lambda: close_window(item=item, reason="again", by=ANNA, now=NOW))


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501, "a\0b"])
def test_it_requires_a_reason(item: Item, reason: str) -> None:
    refuses(ReasonRequired, lambda: close_window(item=item, reason=reason, by=ANNA, now=NOW))
    later = NOW + 2 * HOUR
    refuses(
        ReasonRequired,
        lambda: extend_window(item=item, closes_at=later, reason=reason, by=ANNA, now=NOW),
    )


def test_it_changes_no_window_of_a_sale_under_way(world: World) -> None:
    item = make_item(world.northwind.live, state="selling", expires_at=NOW + HOUR)
    make_buyback(item, state="claimed")
    refuses(NotHeld, lambda: close_window(item=item, reason="so", by=ANNA, now=NOW))
