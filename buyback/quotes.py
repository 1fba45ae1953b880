"""Quotes: what items would sell for now, without selling them or asking anybody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings

from config.clock import iso_or_none
from config.money import to_json
from inventory.models import Item
from inventory.pricing import price
from partners.models import Environment


@dataclass(frozen=True, slots=True)
class Quote:
    """``reason`` is None for an item that sells now, else not_found, expired, in_progress or price_unavailable. USD."""

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


def quote(environment: Environment, item_ids: list[str], now: datetime | None = None) -> list[Quote]:
    """A quote for each id, in their order. Two queries, however many ids."""
    moment = now or environment.database_now()
    wanted = [item_id for item_id in item_ids if "\0" not in item_id]
    items = Item.objects.of(environment).open().filter(public_id__in=wanted).select_related("card", "purchase")
    found = {item.public_id: item for item in items}
    return [_quote(item_id, found.get(item_id), environment, moment) for item_id in item_ids]


def _quote(item_id: str, item: Item | None, environment: Environment, now: datetime) -> Quote:
    if item is None or item.state not in (Item.State.HELD, Item.State.SELLING):
        return Quote(item_id, "not_found")
    priced = price(item)
    reason = None
    if item.state == Item.State.SELLING:
        reason = "in_progress"
    elif not item.window_is_open(now):
        reason = "expired"
    elif environment.is_live and settings.ORACLE_URL and _is_stale(item.card.priced_at, now):
        return Quote(item_id, "price_unavailable", percent=priced.percent, expires_at=item.expires_at)
    return Quote(item_id, reason, priced.amount, priced.fmv, priced.percent, item.expires_at)


def _is_stale(priced_at: datetime, now: datetime) -> bool:
    """Whether the shown price is older than the oracle's prices may be."""
    return priced_at < now - timedelta(seconds=settings.ORACLE_MAX_AGE)
