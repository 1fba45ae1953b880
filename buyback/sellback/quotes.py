"""Quotes: what items would sell for now. Only the quote of a single item asks the oracle."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings

from buyback.live import gateway
from buyback.outcomes import ItemExpired, ItemNotFound, SessionActive
from config.foundation.clock import iso_or_none
from config.foundation.money import to_json
from inventory.models import Item
from inventory.pricing import Price, price
from partners.models import Environment


@dataclass(frozen=True, slots=True)
class Quote:
    """A price in USD, or a ``reason``: not_found, expired, in_progress or price_unavailable."""

    item_id: str
    reason: str | None
    amount: Decimal | None = None
    fmv: Decimal | None = None
    percent: Decimal | None = None
    expires_at: datetime | None = None

    def as_json(self) -> dict[str, Any]:
        """The contract's form (section 9)."""
        return {
            "item_id": self.item_id,
            "eligible": self.reason is None,
            "amount": None if self.amount is None else to_json(self.amount),
            "fmv": None if self.fmv is None else to_json(self.fmv),
            "buyback_percent": None if self.percent is None else float(self.percent),
            "expires_at": iso_or_none(self.expires_at),
            "reason": self.reason,
        }


def quote(
    environment: Environment, item_ids: list[str], now: datetime | None = None
) -> list[Quote]:
    """A quote for each id, in the same order. Two queries, however many ids."""
    moment = now or environment.database_now()
    wanted = [item_id for item_id in item_ids if "\0" not in item_id]
    items = (
        Item.objects.of(environment)
        .open()
        .filter(public_id__in=wanted)
        .select_related("card", "purchase")
    )
    found = {item.public_id: item for item in items}
    return [quote_of(found.get(item_id), item_id, environment, moment) for item_id in item_ids]


def quote_of(item: Item | None, item_id: str, environment: Environment, now: datetime) -> Quote:
    """The quote of an unsold item, or of None. Needs ``item.card`` and ``item.purchase`` loaded."""
    if item is None or item.state not in (Item.State.HELD, Item.State.SELLING):
        return Quote(item_id, "not_found")
    priced = price(item)
    reason = None
    if item.state == Item.State.SELLING:
        reason = "in_progress"
    elif not item.window_is_open(now):
        reason = "expired"
    elif may_move(environment) and _is_stale(item.card.priced_at, now):
        return Quote(
            item_id, "price_unavailable", percent=priced.percent, expires_at=item.expires_at
        )
    return Quote(item_id, reason, priced.amount, priced.fmv, priced.percent, item.expires_at)


def may_move(environment: Environment) -> bool:
    """Whether a sellback may find another price than a quote did, because it asks the oracle."""
    return environment.is_live and bool(settings.ORACLE_URL)


def as_if(quote: Quote, reason: str) -> Quote:
    """The quote that live would return for ``reason`` (in_progress or price_unavailable)."""
    if quote.reason is not None:
        return quote
    if reason == "price_unavailable":
        quote = replace(quote, amount=None, fmv=None)
    return replace(quote, reason=reason)


def price_now(item: Item, now: datetime) -> Price:
    """The price of a sellback of ``item`` right now; live asks the oracle, if there is one.

    Takes at most 2 seconds. Needs ``item`` from ``Item.objects.with_card()``, with its environment.
    Raises ItemNotFound, ItemExpired, SessionActive and gateway.PriceUnavailable.
    """
    if item.state == Item.State.SELLING:  # its sellback started in time
        raise SessionActive
    if item.state != Item.State.HELD:
        raise ItemNotFound
    if not item.window_is_open(now):
        raise ItemExpired
    if not gateway.is_asked(item.environment):
        return price(item)
    return gateway.price_shown(item, now)


def _is_stale(priced_at: datetime, now: datetime) -> bool:
    """Whether the shown price is older than the oracle's prices may be."""
    return priced_at < now - timedelta(seconds=settings.ORACLE_MAX_AGE)
