"""Factories of rows written by triggers, by periodic tasks, or as temporary files."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from buyback.models import Exposure, PaidHour
from inventory.models import Card, CardFile, PriceChange
from partners.models import Partner
from tests.world import NOW, make_card, make_pack, make_partner


def make_price_change(card: Card | None = None, **fields: Any) -> PriceChange:
    """A rise by a cent; the card's own value does not change."""
    card = card or make_card()
    known = {"card": card, "before": card.fmv, "fmv": card.fmv + Decimal("0.01"), "priced_at": NOW}
    return PriceChange.objects.create(**known | fields)


def make_card_file(content: bytes = b"", **fields: Any) -> CardFile:
    """A file that waits to be imported."""
    known = {"name": "cards.csv", "kind": "csv", "uploaded_by": "user:admin@phygitals.test"}
    return CardFile.objects.create(content=content, **known | fields)


def make_exposure(**fields: Any) -> Exposure:
    """The exposure of one partner and pack, with deadlines within a day."""
    known = {"pack": make_pack(), "partner": make_partner(), "closes": Exposure.Closes.DAY}
    return Exposure.objects.create(
        **known | {"items": 1, "amount": Decimal("70.13"), "as_of": NOW} | fields
    )


def make_paid_hour(partner: Partner, **fields: Any) -> PaidHour:
    """An hour with one paid sellback."""
    known = {
        "starts_at": NOW.replace(minute=0, second=0),
        "paid": 1,
        "amount": Decimal("70.13"),
        "failed": 0,
    }
    return PaidHour.objects.create(partner=partner, **known | fields)
