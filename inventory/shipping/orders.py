"""Orders: an accepted quote. Its items stay locked, all or none, until delivery or cancellation."""

from __future__ import annotations

import secrets
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from config.foundation.codes import Code
from config.foundation.errors import Refusal
from inventory.models import Item, ShippedItem, ShippingOrder, ShippingQuote
from partners.models import Environment, Event
from partners.records import events
from partners.records.actor import Actor

BETWEEN = "_rate_"  # separates a quote's id from a rate's key


class QuoteIdRequired(Refusal):
    """``quote_id`` is missing, not a string, or names no rate."""

    code = Code.QUOTE_ID_REQUIRED
    sentence = "quote_id is required"


class QuoteExpired(Refusal):
    """The quote is unknown or too old, or has no such rate."""

    code = Code.QUOTE_EXPIRED
    sentence = "Quote expired"


class AlreadyShipped(Refusal):
    """An item of the quote is in another order, is being sold back, or was sold back."""

    code = Code.ALREADY_SHIPPED
    sentence = "Item already shipped"


class ItemsMoved(RuntimeError):
    """Locked items have an unexpected state. This is a defect, so nothing is done."""


class OrderNotFound(Refusal):
    """The environment has no such order."""

    code = Code.ORDER_NOT_FOUND
    sentence, status = "Order not found", 404


def place(
    *, environment: Environment, rate_id: object, by: Actor, now: datetime | None = None
) -> ShippingOrder:
    """Accept a quote's rate (``<quote>_rate_<key>``): its items leave the inventory.

    The quote is locked first. The items' rows are locked in pk order, as everywhere that locks
    several items, so that orders and batches of sellbacks cannot deadlock. ``now`` defaults to the
    environment's clock, read after the locks. Raises QuoteIdRequired, QuoteExpired, AlreadyShipped,
    in this order; then nothing was locked.
    """
    if not isinstance(rate_id, str) or BETWEEN not in rate_id:
        raise QuoteIdRequired
    quote_id, _, key = rate_id.replace("\0", "/").partition(BETWEEN)
    with transaction.atomic():
        # Locked: a user who is being forgotten must not place an order with a quoted address.
        quotes = ShippingQuote.objects.select_for_update(no_key=True)
        quote = quotes.filter(environment=environment, pk=quote_id).first()
        rate = next((rate for rate in quote.rates if rate["key"] == key), None) if quote else None
        if quote is None or rate is None:
            raise QuoteExpired
        items = lock_items(environment, quote.item_ids)
        moment = now or environment.database_now()
        if moment > quote.expires_at:
            raise QuoteExpired
        if len(items) != len(quote.item_ids) or any(
            item.state != Item.State.HELD for item in items
        ):
            raise AlreadyShipped
        order = ShippingOrder.objects.create(
            environment=environment,
            public_id=f"order_{secrets.token_urlsafe(12)}",
            carrier=rate["carrier"],
            service=rate["service"],
            insured=rate["insured"],
            amount=Decimal(rate["amount"]),
            destination=quote.destination,
            requested_by=str(by),
            created_at=moment,
        )
        ShippedItem.objects.bulk_create(
            ShippedItem(environment=environment, order=order, item=item) for item in items
        )
        move_items(items, Item.State.HELD, Item.State.SHIPPING)
        record_event(order, items, by=by, now=moment)
    return order


def find(environment: Environment, public_id: str) -> ShippingOrder:
    """The environment's order with this id. Raises OrderNotFound."""
    # PostgreSQL's text cannot contain NUL, and no order's id contains a slash.
    order = ShippingOrder.objects.filter(
        environment=environment, public_id=public_id.replace("\0", "/")
    ).first()
    if order is None:
        raise OrderNotFound
    return order


def lock_items(environment: Environment, pks: list[int]) -> list[Item]:
    """The environment's items with these pks, locked until the transaction ends, in pk order."""
    rows = Item.objects.of(environment).filter(pk__in=pks).order_by("pk")
    return list(rows.select_related("collector").select_for_update(no_key=True, of=("self",)))


def move_items(items: list[Item], before: Item.State, after: Item.State) -> None:
    """Move locked items from one state to another, all of them or none."""
    pks = [item.pk for item in items]
    if Item.objects.filter(pk__in=pks, state=before).update(state=after) != len(pks):
        raise ItemsMoved


def record_event(order: ShippingOrder, items: list[Item], *, by: Actor, now: datetime) -> None:
    """Write the event of an order's new state."""
    payload: dict[str, Any] = {
        "order_id": order.public_id,
        "status": order.state,
        "items": [{"item_id": item.public_id, "user_id": item.collector.user_id} for item in items],
        "tracking_number": order.tracking_number,
        "tracking_url": order.tracking_url,
        "error_message": order.error_message,
        "by": str(by),
    }
    events.record(
        environment=order.environment, kind=Event.Type.SHIPMENT_UPDATED, data=[payload], now=now
    )
