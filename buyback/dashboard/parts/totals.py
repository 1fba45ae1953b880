"""Totals of filtered lists: exact to the cent, or not shown. No page counts a large table.

Closed days are summed already (``buyback.models.Statement``). Other rows are counted up to
``COUNTED_TO``; above that the page says "more than" and shows no sum.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, Max, Q, Sum
from django.utils.translation import gettext

from buyback.dashboard.parts.filters import Filters
from buyback.models import Payout, Statement
from buyback.models.buybacks import MoneyQuerySet
from inventory.models.holdings import COUNTED_TO
from partners.dashboard import paging
from partners.models import Environment


@dataclass(frozen=True, slots=True)
class Total:
    """The number of rows and their sum in USD; None if there are more than were counted."""

    size: int
    amount: Decimal | None

    def __str__(self) -> str:
        if self.amount is None:
            return gettext("more than %(size)s") % {"size": f"{COUNTED_TO:,}"}
        return f"{self.size:,}"


UNCOUNTED = Total(COUNTED_TO, None)


def counted(rows: MoneyQuerySet[Any], *, look_for: Q | None = None, paid: Q | None = None) -> Total:
    """The number of ``rows`` and their sum, of all or of those that are ``paid``.

    One query, or two with ``look_for``; then ``rows`` must not be more than a page searches.
    """
    rows = rows.order_by("-created_at", "-id")
    if look_for is None:
        return _sum(rows, paid)
    if rows.values_list("pk")[paging.LOOK_THROUGH : paging.LOOK_THROUGH + 1]:
        return UNCOUNTED
    with paging.row_by_row():
        return _sum(rows.filter(look_for), paid)


def _sum(rows: MoneyQuerySet[Any], paid: Q | None) -> Total:
    found = rows[: COUNTED_TO + 1].aggregate(
        size=Count("pk"), amount=Sum("amount", default=Decimal(0), filter=paid)
    )
    return Total(**found) if found["size"] <= COUNTED_TO else UNCOUNTED


def of_days(here: Environment, filters: Filters) -> Total:
    """The number of payouts in some days and the sum paid. Three queries.

    Closed days come from their statements, open days are counted.
    """
    days = Q(day__gte=filters.since) if filters.since else Q()
    days &= Q(day__lte=filters.until) if filters.until else Q()
    closed = Statement.objects.of(here).aggregate(
        last=Max("day"),
        size=Sum("paid", default=0, filter=days),
        amount=Sum("paid_amount", default=Decimal(0), filter=days),
    )
    rows = Payout.objects.of(here).in_days(filters.since, filters.until)
    recent = counted(
        rows.paid().in_days(closed["last"] + timedelta(days=1) if closed["last"] else None, None)
    )
    # Unpaid payouts are in no statement. They are rare.
    unpaid = counted(rows.exclude(state="paid"))
    if recent.amount is None or unpaid.amount is None:
        return UNCOUNTED
    size = closed["size"] + recent.size + (0 if filters.state else unpaid.size)
    return Total(size, closed["amount"] + recent.amount)
