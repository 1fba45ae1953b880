"""Factories of rows written by triggers, by periodic tasks, or as temporary files."""

from __future__ import annotations

from decimal import Decimal
from itertools import count
from typing import Any

from buyback.models import Buyback, Difference, Exposure, ListedPayment, PaidHour, TreasuryReport
from inventory.models import Card, CardFile, PriceChange
from partners.models import Partner
from tests.world import NOW, make_card, make_pack, make_partner

_numbers = count(1)


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


def make_report(**fields: Any) -> TreasuryReport:
    """A treasury that has not responded yet."""
    return TreasuryReport.objects.create(**{"name": f"pay-{next(_numbers)}.test"} | fields)


def make_listed(report: TreasuryReport, **fields: Any) -> ListedPayment:
    """A payment in the treasury's list."""
    known = {"reference": "bb-1", "currency": "USD", "amount": Decimal("70.13")}
    return ListedPayment.objects.create(report=report, **known | fields)


def make_difference(buyback: Buyback | None = None, **fields: Any) -> Difference:
    """A payment of a cent more than ours, or one that no sellback of ours has the reference of."""
    known: dict[str, Any] = {"kind": "not_settled", "their_amount": Decimal("70.14")}
    if buyback is not None:
        known |= {"kind": "amount", "our_amount": buyback.amount, "our_state": buyback.state}
    known |= {"reference": f"bb-{next(_numbers)}", "their_currency": "USD", "buyback": buyback}
    report = fields.pop("report", None) or make_report()
    return Difference.objects.create(report=report, **known | fields)
