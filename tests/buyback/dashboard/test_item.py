"""The page of one item: card, prices, window, purchase and history."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from pytest_django import DjangoAssertNumQueries

from buyback.sellback.sell_back import sell_back
from config.foundation import clock
from inventory.models import Card, Item
from partners.records.actor import SYSTEM
from tests.dashboard.steps import signed_in
from tests.shipments import make_order
from tests.world import NOW, World, make_buyback, make_item

# Session, user, memberships, environment; the item, its tiers, its latest sellback, its history.
QUERIES = 8


def shown(world: World, item: Item, role: str = "operator") -> str:
    client = signed_in(getattr(world.northwind, role))
    return client.get(f"/dashboard/{item.mode}/items/{item.pk}/").content.decode()


def test_it_shows_the_price_now_beside_the_price_at_the_pull(world: World) -> None:
    item = make_item(world.northwind.live, card=world.cards[9], pack=world.pack)
    Card.objects.filter(pk=item.card_id).update(
        fmv=Decimal("100.00"), priced_at=NOW + timedelta(hours=3)
    )
    page = shown(world, item)
    for text in (
        "$82.50",
        "$70.13",
        "$100.00",
        "Sell back for $85.00",
        "2026-04-18 22:05:14 UTC",
        "Rare",
    ):
        assert text in page


def test_it_sells_in_the_sandbox_at_the_price_of_the_pull(world: World) -> None:
    item = make_item(world.northwind.sandbox, card=world.cards[9], now=clock.now())
    Card.objects.filter(pk=item.card_id).update(fmv=Decimal("100.00"))
    page = shown(world, item)
    assert "Sell back for $70.13" in page
    assert "$100.00" not in page


def test_it_names_where_the_item_came_from(world: World) -> None:
    item = make_item(world.northwind.live, card=world.cards[9], pack=world.pack)
    page = shown(world, item)
    for text in (
        item.public_id,
        item.purchase_id,
        item.purchase.public_id,
        "live_hash",
        "Tidewater Box",
    ):
        assert str(text) in page


def test_it_shows_all_events_newest_first(world: World) -> None:
    item = make_item(world.northwind.live)
    later = NOW + timedelta(hours=1)
    make_buyback(
        item,
        state="failed",
        amount=None,
        failure_code="price_unavailable",
        failure_detail="stale",
        created_at=NOW,
        completed_at=later,
    )
    sell_back(
        environment=world.northwind.live,
        item_id=item.public_id,
        by=SYSTEM,
        now=NOW + timedelta(hours=2),
    )
    client = signed_in(world.northwind.viewer)
    lines = client.get(f"/dashboard/live/items/{item.pk}/").context["lines"]
    titles = [line.title for line in lines]
    assert titles == [
        "Paid to the user",
        "Sold back",
        "Sellback asked for",
        "Sellback failed",
        "Sellback asked for",
        "Pulled",
    ]
    assert lines[3].note == "The card's latest market price was too old."


def test_it_says_that_a_window_has_closed(world: World) -> None:
    item = make_item(world.northwind.live, expires_at=clock.now() - timedelta(hours=1))
    page = shown(world, item)
    assert "Sellback window closed" in page
    assert "still holds the card" in page
    assert "Sell back for" not in page


def test_it_shows_a_window_that_closes_within_a_day(world: World) -> None:
    client, now = signed_in(world.northwind.viewer), clock.now()
    pulled = now - timedelta(days=3)
    for hours, titles in ((23, ["Sellback window closes", "Pulled"]), (25, ["Pulled"])):
        item = make_item(world.northwind.live, now=pulled, expires_at=now + timedelta(hours=hours))
        lines = client.get(f"/dashboard/live/items/{item.pk}/").context["lines"]
        assert [line.title for line in lines] == titles


def test_it_shows_the_shipping(world: World) -> None:
    item = make_item(world.northwind.live)
    order = make_order(
        world.northwind.live,
        item,
        state="shipped",
        created_at=NOW,
        shipped_at=NOW + timedelta(days=1),
    )
    answer = signed_in(world.northwind.viewer).get(f"/dashboard/live/items/{item.pk}/")
    lines = [(line.title, line.order) for line in answer.context["lines"] if "hip" in line.title]
    assert lines == [("Shipped", order.public_id), ("Shipping asked for", order.public_id)]
    assert "on its way to the user" in answer.content.decode()


@pytest.mark.parametrize(
    ("role", "sells"), [("viewer", False), ("operator", True), ("owner", True)]
)
def test_it_offers_the_sellback_to_operators_and_owners(
    world: World, role: str, sells: bool
) -> None:
    assert ("Sell back for" in shown(world, make_item(world.northwind.live), role)) is sells


@pytest.mark.breaks_books("a sale whose item does not know of it")
def test_it_says_an_open_sale_in_words(world: World) -> None:
    item = make_item(world.northwind.live, state="selling")
    make_buyback(item, state="unknown", submitted_at=NOW)
    page = shown(world, item)
    assert "The treasury has not confirmed the payment yet" in page
    assert "Sell back for" not in page


def test_its_number_of_queries_does_not_depend_on_events(
    world: World, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    item = make_item(world.northwind.live)
    client = signed_in(world.northwind.viewer)
    for _ in range(2):
        for _ in range(3):
            make_buyback(item, state="failed", failure_code="paused")
        with django_assert_num_queries(QUERIES):
            client.get(f"/dashboard/live/items/{item.pk}/")
