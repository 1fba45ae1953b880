"""API endpoints for shipping (contract, section 7) and for moving sandbox orders (section 9)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from config.foundation.clock import iso, iso_or_none
from config.foundation.money import to_json
from inventory.api.catalogue import base_of
from inventory.api.rendering import picture
from inventory.models import ShippingOrder, ShippingQuote
from inventory.shipping import carrier, fulfilment, orders
from inventory.shipping.quotes import NoRates, NothingShippable, quote
from partners.api.views import ActionView, PartnerView
from partners.models import Scope
from partners.records.idempotency import Policy


def quote_body(quoted: ShippingQuote) -> dict[str, Any]:
    """A quote as the contract shows it."""
    return {
        "session_id": quoted.pk,
        "expires_at": iso(quoted.expires_at),
        "quotes": [
            {
                "id": f"{quoted.pk}{orders.BETWEEN}{rate['key']}",
                "carrier": rate["carrier"],
                "service": rate["service"],
                "amount": to_json(Decimal(rate["amount"])),
                "estimated_days_min": rate["estimated_days_min"],
                "estimated_days_max": rate["estimated_days_max"],
                "insured": rate["insured"],
            }
            for rate in quoted.rates
        ],
    }


def order_body(order: ShippingOrder, base: str) -> dict[str, Any]:
    """An order as the contract shows it."""
    cards = [
        (line.item.public_id, line.item.card) for line in order.lines.select_related("item__card")
    ]
    return {
        "order_id": order.public_id,
        "status": order.state,
        "carrier": order.carrier,
        "service": order.service,
        "tracking_number": order.tracking_number,
        "tracking_url": order.tracking_url,
        "amount": to_json(order.amount),
        "currency": "USD",
        "destination": order.destination,
        "items": [
            {
                "item_id": item_id,
                "name": card.name,
                "image": picture(base, card.image),
                "back_image": picture(base, card.back_image),
            }
            for item_id, card in cards
        ],
        "created_at": iso(order.created_at),
        "shipped_at": iso_or_none(order.shipped_at),
        "delivered_at": iso_or_none(order.delivered_at),
        "error_message": order.error_message,
    }


class ShipQuote(ActionView):
    """``POST /ship/quote``: the price of shipping items to an address."""

    fault = NoRates.sentence
    scopes = (Scope.SHIP_WRITE,)
    calls = "quote"
    scenarios = ActionView.scenarios | {"nothing_shippable": NothingShippable}
    policy = Policy(steps=carrier.is_asked, undoes=False)

    def act(self, sent: dict[str, Any]) -> dict[str, Any]:
        ids, destination = sent.get("item_ids"), sent.get("destination")
        return quote_body(
            quote(
                environment=self.environment, item_ids=ids, destination=destination, by=self.actor
            )
        )


class ShipRequest(ActionView):
    """``POST /ship/request``: accept a quote."""

    fault = "Failed to create shipping request"
    scopes = (Scope.SHIP_WRITE,)

    def act(self, sent: dict[str, Any]) -> dict[str, Any]:
        order = orders.place(
            environment=self.environment, rate_id=sent.get("quote_id"), by=self.actor
        )
        return {"order_id": order.public_id, "status": "success"}


class ShipOrder(PartnerView):
    """``GET /ship/order/:order_id``: the state of an order."""

    scopes = (Scope.SHIP_WRITE,)

    def get(self, request: Request, order_id: str, **kwargs: Any) -> Response:
        return Response(order_body(orders.find(self.environment, order_id), base_of(request)))


class AdvanceOrder(ActionView):
    """``POST /sandbox/orders/:order_id/advance``: to the next ``status``, or to the given one."""

    scopes = (Scope.SHIP_WRITE,)
    policy = Policy(atomic=True)

    def act(self, sent: dict[str, Any]) -> dict[str, Any]:
        base, to = base_of(self.request), sent.get("status")
        order = orders.find(self.environment, self.kwargs["order_id"])
        moved = fulfilment.play(
            order=order, by=self.actor, to=to if to is None or isinstance(to, str) else ""
        )
        return order_body(moved, base)
