"""Factories for shipping: an address, a quote, an order with its locked items."""

from __future__ import annotations

import itertools
from datetime import timedelta
from decimal import Decimal
from typing import Any

from inventory.models import Item, ShippedItem, ShippingOrder, ShippingQuote
from inventory.shipping.rates import by_table
from partners.models import Environment
from tests.world import NOW

ADDRESS: dict[str, Any] = {
    "name": "Ada Moss",
    "line1": "1600 Amphitheatre Parkway",
    "line2": None,
    "city": "Mountain View",
    "state": "CA",
    "postal_code": "94043",
    "country": "US",
    "phone": "+1 650 555 0100",
    "email": "ada@example.test",
}
ON_ITS_WAY = ("shipped", "delivered")

_numbers = itertools.count(1)


def make_quote(environment: Environment, *items: Item, **fields: Any) -> ShippingQuote:
    """A quote with the default rates for these items to ADDRESS, valid for 15 minutes from NOW."""
    offered = by_table(country="US", items=len(items), value=Decimal(100))
    return ShippingQuote.objects.create(
        **{
            "id": f"quote_{next(_numbers):026d}",
            "environment": environment,
            "item_ids": [item.pk for item in items],
            "destination": ADDRESS,
            "rates": [rate.as_json() for rate in offered],
            "requested_by": "system",
            "created_at": NOW,
            "expires_at": NOW + timedelta(minutes=15),
        }
        | fields
    )


def times_of(state: str) -> dict[str, Any]:
    """The times of an order's states, all NOW; a cancelled or failed one had not started."""
    been = {
        "processing_at": ("processing", "label_created", *ON_ITS_WAY),
        "labelled_at": ("label_created", *ON_ITS_WAY),
        "shipped_at": ON_ITS_WAY,
        "delivered_at": ("delivered",),
        "ended_at": ("cancelled", "failed"),
    }
    return {column: NOW if state in states else None for column, states in been.items()}


def make_order(environment: Environment, *items: Item, **fields: Any) -> ShippingOrder:
    """A queued order that locks these items; or another state, with matching items."""
    state = fields.setdefault("state", ShippingOrder.State.QUEUED)
    order = ShippingOrder.objects.create(
        **{
            "environment": environment,
            "public_id": f"order_{next(_numbers):016d}",
            "carrier": "Phygitals",
            "service": "Standard",
            "insured": False,
            "amount": Decimal("5.00"),
            "destination": ADDRESS,
            "requested_by": "system",
            "created_at": NOW,
        }
        | times_of(state)
        | fields
    )
    released = state in ("cancelled", "failed")
    steps = () if released else ("shipping", "shipped") if state in ON_ITS_WAY else ("shipping",)
    for item in items:
        make_line(order, item, released=released)
        for step in steps:
            Item.objects.filter(pk=item.pk).update(state=step)
    return order


def make_line(order: ShippingOrder, item: Item, **fields: Any) -> ShippedItem:
    """One line; the item's state does not change."""
    return ShippedItem.objects.create(
        **{"environment": order.environment, "order": order, "item": item} | fields
    )
