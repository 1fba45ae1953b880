"""What a filtered list adds up to: exact to the cent, or not shown. No page counts its way through
a big table.

Closed days are added up already (``buyback.models.Statement``). Everything else is counted no
further than ``COUNTED_TO`` rows; above that the page says "more than" and shows no sum.
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
    """How many rows, and their sum in USD; None: there are more than were counted."""

    size: int
    amount: Decimal | None

    def __str__(self) -> str:
        if self.amount is None:
            return gettext("more than %(size)s") % {"size": f"{COUNTED_TO:,}"}
        return f"{self.size:,}"


UNCOUNTED = Total(COUNTED_TO, None)


def counted(rows: MoneyQuerySet[Any], *, look_for: Q | None = None, paid: Q | None = None) -> Total:
    """How many ``rows`` there are, and what they came to, or those of them that are ``paid``. A
    query, or two with something to look for: then ``rows`` themselves must not be more than a page
    looks through.
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
    """How many payouts some days hold, and what of them is paid: closed days from their statements,
    open ones counted. Three queries.
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
    # What is not paid is in no statement. There is hardly ever any.
    unpaid = counted(rows.exclude(state="paid"))
    if recent.amount is None or unpaid.amount is None:
        return UNCOUNTED
    size = closed["size"] + recent.size + (0 if filters.state else unpaid.size)
    return Total(size, closed["amount"] + recent.amount)
