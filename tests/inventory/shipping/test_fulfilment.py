"""An order's states: transitions, effects on items, stored times and events."""

from __future__ import annotations

from datetime import timedelta

import pytest

from buyback.sellback.sell_back import sell_back
from inventory.models import Item, ShippingOrder
from inventory.models.shipping import ORDER_MOVES, TIMES
from inventory.shipping.fulfilment import NoSuchStep, advance, play
from partners.models import AuditEntry, Event
from partners.records.actor import SYSTEM, Actor
from partners.tenants.sandbox import NotASandbox
from tests.shipments import make_order
from tests.world import NOW, World, make_item

LATER = NOW + timedelta(hours=1)
ANNA = Actor("user", "anna@x.test")
AFTER = {"shipped": "shipped", "delivered": "shipped", "cancelled": "held", "failed": "held"}


@pytest.mark.parametrize(("before", "after"), ORDER_MOVES)
def test_it_moves_an_order_and_its_items(world: World, before: str, after: str) -> None:
    items = [make_item(world.northwind.live) for _ in range(2)]
    order = advance(
        order=make_order(world.northwind.live, *items, state=before), by=ANNA, to=after, now=LATER
    )
    order.refresh_from_db()
    assert order.state == after
    assert set(Item.objects.values_list("state", flat=True)) == {AFTER.get(after, "shipping")}
    assert set(order.lines.values_list("released", flat=True)) == {after in ("cancelled", "failed")}
    assert order.shipped_at == {"shipped": LATER, "delivered": NOW}.get(after)
    assert order.delivered_at == (LATER if after == "delivered" else None)
    assert getattr(order, TIMES[after]) == LATER


@pytest.mark.parametrize("before", ShippingOrder.State.values)
def test_it_refuses_every_other_step(world: World, before: str) -> None:
    order = make_order(world.northwind.live, make_item(world.northwind.live), state=before)
    for after in (*ShippingOrder.State.values, "", "lost"):
        if (before, after) not in ORDER_MOVES:
            with pytest.raises(NoSuchStep):
                advance(order=order, by=ANNA, to=after, now=LATER)
    order.refresh_from_db()
    assert order.state == before
    assert not AuditEntry.objects.exists()
    assert not Event.objects.exists()


def test_it_moves_to_the_next_state_by_default(world: World) -> None:
    order = make_order(world.northwind.live, make_item(world.northwind.live))
    states = [advance(order=order, by=ANNA, now=LATER).state for _ in range(4)]
    assert states == ["processing", "label_created", "shipped", "delivered"]
    with pytest.raises(NoSuchStep):
        advance(order=order, by=ANNA, now=LATER)


def test_it_records_an_event_and_an_audit_entry(world: World) -> None:
    order = make_order(world.northwind.live, make_item(world.northwind.live), state="processing")
    url = "https://carrier.example.test/1Z"
    advance(
        order=order, by=ANNA, to="label_created", tracking_number="1Z", tracking_url=url, now=LATER
    )
    event, kept = Event.objects.get(), AuditEntry.objects.get()
    assert (event.type, event.created_at) == ("shipment.updated", LATER)
    assert (event.data["status"], event.data["tracking_number"], event.data["by"]) == (
        "label_created",
        "1Z",
        str(ANNA),
    )
    assert (kept.actor, kept.action) == (str(ANNA), "shipping_order.moved")
    assert kept.before["state"] == "processing"
    assert kept.after == {
        "state": "label_created",
        "tracking_number": "1Z",
        "tracking_url": url,
        "error_message": None,
    }


def test_it_keeps_values_that_a_later_step_omits(world: World) -> None:
    order = make_order(world.northwind.live, state="label_created", tracking_number="1Z")
    assert advance(order=order, by=ANNA, now=LATER).tracking_number == "1Z"


def test_it_lets_a_given_up_item_be_sold_back(world: World) -> None:
    item = make_item(world.northwind.live)
    order = make_order(world.northwind.live, item)
    advance(
        order=order, by=ANNA, to="failed", error_message="The parcel was never picked up", now=LATER
    )
    assert sell_back(
        environment=item.environment, item_id=item.public_id, by=SYSTEM, now=LATER
    ).amount
    order.refresh_from_db()
    assert order.error_message == "The parcel was never picked up"


def test_it_plays_no_live_order(world: World) -> None:
    order = make_order(world.northwind.live)
    with pytest.raises(NotASandbox):
        play(order=order, by=ANNA)
    order.refresh_from_db()
    assert order.state == "queued"
