"""The overview: held items, next deadlines, and what was sold back and paid in the last days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from buyback.dashboard.parts.totals import Total, counted
from buyback.models import Buyback, Payout, Statement
from config.foundation.money import usd
from config.web.charts import Bar
from inventory.models import Card, Item, Tally
from partners.dashboard.permissions import MemberRequest, member
from partners.dashboard.rendering import page
from partners.models import Environment, Event
from partners.templatetags.dashboard import short_month

SOON = timedelta(hours=24)
RECENT = 12
SOONEST = 8
DAYS = 7  # closed days to compare with today


@require_safe
@member
def overview(request: MemberRequest) -> HttpResponse:
    """Four figures, the last days, rates by pack, next deadlines and recent activity.

    Days are UTC, by the environment's clock.
    """
    here = request.environment
    now = here.now()
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    sold = counted(Buyback.objects.of(here).settled().since(midnight))
    paid = counted(Payout.objects.of(here).paid().since(midnight))
    soonest = Item.objects.of(here).closing_next(now).select_related("card", "collector")
    context = {
        "section": "overview",
        "now": now,
        "expiring": Item.objects.of(here).expiring(now=now, within=SOON).size_and_value(),
        "sold": sold,
        "paid": paid,
        "soonest": list(soonest[:SOONEST]),
        "activity": _activity(here),
    }
    return page(
        request,
        "buyback/dashboard/overview.html",
        context | _held(here) | _days(here, now.date(), sold, paid),
    )


@require_safe
@member
def activity(request: MemberRequest) -> HttpResponse:
    """Recent activity, which the overview polls."""
    context = {
        "section": "overview",
        "now": request.environment.now(),
        "activity": _activity(request.environment),
    }
    return page(request, "buyback/dashboard/activity.html", context, part="list")


def _held(here: Environment) -> dict[str, Any]:
    """The last periodic count: items held, their value, and rates by pack."""
    tallies = list(Tally.objects.of(here).select_related("pack"))
    return {
        "tallies": tallies,
        "held": sum(tally.held for tally in tallies),
        "held_value": sum((tally.held_value for tally in tallies), Decimal(0)),
        "counted_at": min((tally.counted_at for tally in tallies), default=None),
    }


def _days(here: Environment, today: date, sold_today: Total, paid_today: Total) -> dict[str, Any]:
    """The closed days before today (zero without sellbacks), their means, and chart points.

    Today has a point if it is counted completely.
    """
    first = today - timedelta(days=DAYS)
    known = {
        row.day: row for row in Statement.objects.of(here).filter(day__gte=first, day__lt=today)
    }
    days = [first + timedelta(days=number) for number in range(DAYS)]
    sold = [known[day].sold if day in known else 0 for day in days]
    amounts = [known[day].paid_amount if day in known else Decimal(0) for day in days]
    return {
        "mean_sold": sum(sold) / DAYS,
        "mean_amount": sum(amounts, Decimal(0)) / DAYS,
        "sold_by_day": _points(days, sold, str)
        + _point_of(today, sold_today, sold_today.size, str),
        "paid_by_day": _points(days, amounts, usd)
        + _point_of(today, paid_today, paid_today.amount, usd),
    }


def _point_of(today: date, total: Total, value: Any, write: Any) -> list[Bar]:
    return [] if total.amount is None else _points([today], [value], write)


def _points(days: Sequence[date], values: Sequence[Any], write: Any) -> list[Bar]:
    return [
        Bar(f"{day:%d} {short_month(day)}", Decimal(value), write(value))
        for day, value in zip(days, values, strict=True)
    ]


def _activity(here: Environment) -> list[tuple[Event, Any]]:
    """The latest events, each with its card."""
    events = list(Event.objects.filter(environment=here)[:RECENT])
    cards = Card.objects.by_item_id(
        {event.data["item_id"] for event in events if "item_id" in event.data}
    )
    return [(event, cards.get(event.data.get("item_id", ""))) for event in events]
