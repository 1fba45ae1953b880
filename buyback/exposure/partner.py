"""One partner's live volume and exposure: closed days, today, and open windows, in USD."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Sum

from buyback.exposure.snapshot import ZERO, Share, by_closing, grouped
from buyback.models import Exposure, PaidHour, Statement
from partners.models import Mode, Partner

DAYS = 30  # closed ones that are shown
WEEK = 7


@dataclass(frozen=True, slots=True)
class Span:
    """The totals of a period: sellbacks, their USD, and failed attempts."""

    name: str
    sold: int
    amount: Decimal
    failed: int


@dataclass(frozen=True, slots=True)
class Figures:
    """``days``: closed days, oldest first. ``as_of``: time of the latest snapshot."""

    as_of: datetime | None
    spans: Sequence[Span]
    days: Sequence[Span]
    items: int
    amount: Decimal
    closing: Sequence[Share]
    packs: Sequence[tuple[Share, timedelta | None]]


def figures(partner: Partner, now: datetime) -> Figures:
    """Five queries over statements and the partner's snapshot rows, never over sellbacks."""
    days = _days(partner, now)
    closing, packs = by_closing(grouped(Exposure.objects.filter(partner=partner))), _packs(partner)
    whole = Exposure.objects.filter(pack=None).first()
    return Figures(
        whole.as_of if whole else None,
        (
            _today(partner, now),
            _sum(f"Last {WEEK} closed days", days[-WEEK:]),
            _sum(f"Last {DAYS} closed days", days),
        ),
        days,
        sum(share.items for share in closing),
        sum((share.amount for share in closing), ZERO),
        closing,
        packs,
    )


def _days(partner: Partner, now: datetime) -> list[Span]:
    """The closed days of the last ``DAYS``."""
    live = Statement.objects.filter(environment__partner=partner, environment__mode=Mode.LIVE)
    first, yesterday = now.date() - timedelta(days=DAYS), now.date() - timedelta(days=1)
    rows = live.between(first, yesterday).order_by("day")
    return [Span(f"{row.day:%-d %b}", row.sold, row.sold_amount, row.failed) for row in rows]


def _sum(name: str, days: Sequence[Span]) -> Span:
    amount = sum((day.amount for day in days), ZERO)
    return Span(name, sum(day.sold for day in days), amount, sum(day.failed for day in days))


def _today(partner: Partner, now: datetime) -> Span:
    """Today so far, as of the latest snapshot."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    hours = PaidHour.objects.filter(partner=partner, starts_at__gte=midnight)
    found = hours.aggregate(
        sold=Sum("paid", default=0),
        amount=Sum("amount", default=ZERO),
        failed=Sum("failed", default=0),
    )
    return Span("Today so far", **found)


def _packs(partner: Partner) -> list[tuple[Share, timedelta | None]]:
    """By pack, the largest first, with the pack's current window."""
    rows = (
        Exposure.objects.filter(partner=partner)
        .values_list("pack", "pack__name", "pack__buyback_window")
        .annotate(size=Sum("items", default=0), usd=Sum("amount", default=ZERO))
        .order_by("-usd", "pack")
    )
    return [(Share(name, pk, size, usd), window) for pk, name, window, size, usd in rows]
