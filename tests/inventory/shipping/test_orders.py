"""Orders: locks and events, all or nothing (refusals: ``tests/contract``)."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from pytest_django import DjangoAssertNumQueries

from inventory.models import Item, ShippedItem, ShippingOrder, ShippingQuote
from inventory.shipping.orders import AlreadyShipped, QuoteExpired, place
from partners.models import Event
from partners.records.actor import SYSTEM
from tests.shipments import ADDRESS, make_order, make_quote
from tests.world import NOW, World, make_item


def placed(quote: ShippingQuote, key: str = "standard", seconds: float = 0) -> ShippingOrder:
    moment = NOW + timedelta(seconds=seconds)
    return place(
        environment=quote.environment, rate_id=f"{quote.pk}_rate_{key}", by=SYSTEM, now=moment
    )


def test_it_locks_the_items_and_records_an_event(
    world: World, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    items = [make_item(world.northwind.live) for _ in range(3)]
    quote = make_quote(world.northwind.live, *items)
    with django_assert_num_queries(8):  # two of them for the savepoint
        order = placed(quote, "express")
    assert set(Item.objects.values_list("state", flat=True)) == {"shipping"}
    assert (order.state, order.service, order.amount) == (
        "queued",
        "Express, insured",
        Decimal("25.00"),
    )
    assert (order.insured, order.destination, order.created_at) == (True, ADDRESS, NOW)
    event = Event.objects.get(type="shipment.updated", environment=world.northwind.live)
    assert event.data == {
        "order_id": order.public_id,
        "status": "queued",
        "items": [{"item_id": item.public_id, "user_id": item.collector.user_id} for item in items],
        "tracking_number": None,
        "tracking_url": None,
        "error_message": None,
        "by": "system",
    }


@pytest.mark.breaks_books(reason="an item is put into states without the sales that lead there")
@pytest.mark.parametrize("state", ["selling", "sold", "shipping", "shipped"])
def test_it_locks_none_if_one_is_gone(world: World, state: str) -> None:
    held = make_item(world.northwind.live)
    gone = make_item(world.northwind.live, state=state, sold_at=NOW if state == "sold" else None)
    with pytest.raises(AlreadyShipped):
        placed(make_quote(world.northwind.live, held, gone))
    held.refresh_from_db()
    assert held.state == "held"
    assert not ShippingOrder.objects.exists()
    assert not Event.objects.exists()


def test_it_takes_a_quote_until_its_very_last_instant(world: World) -> None:
    quote = make_quote(world.northwind.live, make_item(world.northwind.live))
    with pytest.raises(QuoteExpired):
        placed(quote, seconds=900.000001)
    assert placed(quote, seconds=900).state == "queued"


def test_it_sends_an_item_again_after_its_order_was_cancelled(world: World) -> None:
    item = make_item(world.northwind.live)
    make_order(world.northwind.live, item, state="cancelled")
    order = placed(make_quote(world.northwind.live, item))
    assert list(ShippedItem.objects.filter(item=item).values_list("order", "released")) == [
        (order.pk - 1, True),
        (order.pk, False),
    ]
