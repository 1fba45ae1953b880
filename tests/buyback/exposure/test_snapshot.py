"""The exposure and today's totals: periodic, live only, equal to a sellback's price to the cent."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from buyback.exposure import snapshot
from buyback.models import Exposure, PaidHour
from buyback.sellback.sell_back import sell_back
from config.postgres.broker import database_conninfo
from inventory.models import Card, Item
from inventory.pricing import price
from partners.records.actor import SYSTEM
from tests.world import (
    NOW,
    World,
    make_buyback,
    make_card,
    make_item,
    make_pack,
    make_spend,
    make_treasury_control,
)

MIDNIGHT = NOW.replace(hour=0, minute=0, second=0)


def owed(now: Any = NOW) -> snapshot.Owed:
    assert snapshot.take(now=now)
    return snapshot.owed()


@pytest.mark.parametrize(
    ("closes", "bucket"),
    [
        (timedelta(0), "1d"),
        (timedelta(days=1, microseconds=-1), "1d"),
        (timedelta(days=1), "3d"),
        (timedelta(days=3), "7d"),
        (timedelta(days=7), "30d"),
        (timedelta(days=30), "later"),
        (None, "never"),
    ],
)
def test_it_says_when_it_rolls_off(world: World, closes: timedelta | None, bucket: str) -> None:
    make_item(world.northwind.live, expires_at=None if closes is None else NOW + closes)
    found = owed()
    assert {one.pk: one.amount for one in found.by_closing if one.items} == {
        bucket: Decimal("70.13")
    }
    assert (found.as_of, found.items, found.amount) == (NOW, 1, Decimal("70.13"))


def test_it_prices_as_a_sale_would(world: World) -> None:
    """At the card's current value, and for a voucher at least the price of the pull."""
    pack = make_pack(mint_price=Decimal("100.00"), buyback_percent=Decimal("0.9"))
    for voucher in (False, True):
        make_item(world.northwind.live, card=make_card(pack=pack), voucher=voucher)
    Card.objects.update(fmv=Decimal("50.05"))
    items = Item.objects.select_related("card", "purchase")
    assert [price(item).amount for item in items.order_by("pk")] == [
        Decimal("45.05"),
        Decimal("100.00"),
    ]
    assert owed().amount == Decimal("145.05")


def test_it_adds_up_by_pack_and_by_partner(world: World) -> None:
    other = make_pack(name="Other")
    for card, company in ((8, world.northwind), (9, world.northwind), (10, world.juniper)):
        make_item(company.live, card=world.cards[card], pack=world.pack)
    make_item(world.juniper.live, card=make_card(pack=other, fmv=Decimal(10)))
    found = owed()
    assert [(one.name, one.items, one.amount) for one in found.by_pack] == [
        ("Tidewater Box", 3, Decimal("248.63")),
        ("Other", 1, Decimal("8.50")),
    ]
    assert [(one.name, one.items, one.amount) for one in found.by_partner] == [
        ("Juniper & Sons", 2, Decimal("136.00")),
        ("Northwind Cards", 2, Decimal("121.13")),
    ]


@pytest.mark.breaks_books("items in states that no sale has led to")
def test_it_counts_nothing_that_is_not_owed(world: World) -> None:
    make_item(world.northwind.sandbox)
    make_item(world.northwind.live, expires_at=NOW - timedelta(microseconds=1))
    for state in ("selling", "shipping", "shipped"):
        make_item(world.northwind.live, state=state)
    make_item(world.northwind.live, state="sold", sold_at=NOW)
    found = owed()
    assert (found.as_of, found.items, found.amount, found.by_pack, found.by_partner) == (
        NOW,
        0,
        Decimal(0),
        [],
        [],
    )


def test_it_removes_closed_windows_from_the_exposure(world: World) -> None:
    item = make_item(world.northwind.live)
    assert owed().items == 1
    sell_back(environment=world.northwind.live, item_id=item.public_id, by=SYSTEM, now=NOW)
    later = NOW + timedelta(minutes=1)
    found = owed(later)
    assert (found.as_of, found.items, found.by_partner) == (later, 0, [])
    assert Exposure.objects.count() == 1


def test_it_knows_nothing_before_the_first_time(db: None) -> None:
    found = snapshot.owed()
    assert (found.as_of, found.items, found.amount) == (None, 0, Decimal(0))
    assert len(found.by_closing) == 6


def test_it_leaves_work_in_progress_to_its_owner(world: World) -> None:
    with psycopg.connect(database_conninfo()) as other:
        other.execute("SELECT pg_advisory_xact_lock(hashtext('buyback.exposure'))")
        assert not snapshot.take(now=NOW)
    assert not Exposure.objects.exists()
    assert snapshot.take(now=NOW)


@pytest.mark.breaks_books("failed sales that were never asked for")
def test_it_says_what_the_day_came_to_by_the_hour(world: World) -> None:
    for moment in (MIDNIGHT - timedelta(seconds=1), MIDNIGHT, NOW):
        for environment in (world.northwind.live, world.northwind.sandbox, world.juniper.live):
            item = make_item(environment, now=MIDNIGHT - timedelta(days=1))
            sell_back(environment=environment, item_id=item.public_id, by=SYSTEM, now=moment)
            make_buyback(make_item(environment), state="failed", created_at=moment)
    snapshot.take(now=NOW)
    today = snapshot.today(NOW)
    assert (today.paid, today.amount, today.failed) == (4, Decimal("280.52"), 4)
    assert {hour: usd for hour, usd in enumerate(today.by_hour) if usd} == {
        0: Decimal("140.26"),
        19: Decimal("140.26"),
    }
    assert snapshot.today(NOW + timedelta(days=1)).paid == 0
    snapshot.take(now=NOW + timedelta(days=1))
    assert not PaidHour.objects.exists()


@pytest.mark.breaks_books("open sales whose items are held")
def test_it_reports_money_in_flight_and_overdue_sellbacks(world: World) -> None:
    for state, lease in (("claimed", 0), ("submitted", 0), ("unknown", -121), ("review", -9999)):
        late = NOW + timedelta(seconds=lease)
        make_buyback(make_item(world.northwind.live), state=state, created_at=NOW, lease_until=late)
    found = snapshot.open_sales(NOW)
    assert found.by_state == {"claimed": 1, "submitted": 1, "unknown": 1, "review": 1}
    assert (found.in_flight, found.amount, found.since, found.late) == (
        3,
        Decimal("210.39"),
        NOW,
        1,
    )


def test_it_sets_what_was_spent_against_the_caps(world: World) -> None:
    caps = snapshot.caps(NOW)
    assert (caps.control.cap_per_sale, caps.hour.cap, caps.partners) == (None, None, [])
    make_treasury_control(
        cap_per_sale=500, cap_per_partner_day=Decimal(1000), cap_per_hour=Decimal(2000)
    )
    make_spend(total=Decimal(1900), cap=Decimal(2000))
    for company, total in ((world.northwind, 100), (world.juniper, 700)):
        make_spend(
            scope=f"partner:{company.partner.pk}",
            starts_at=MIDNIGHT,
            total=total,
            cap=Decimal(1000),
        )
    make_spend(scope=f"partner:{world.juniper.partner.pk}", starts_at=MIDNIGHT - timedelta(days=1))
    caps = snapshot.caps(NOW)
    assert (caps.hour.spent, caps.hour.tone) == (Decimal(1900), "bad")
    assert [(one.name, one.spent, one.cap, one.tone) for one in caps.partners] == [
        ("Juniper & Sons", Decimal(700), Decimal(1000), "wait"),
        ("Northwind Cards", Decimal(100), Decimal(1000), ""),
    ]
