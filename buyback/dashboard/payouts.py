"""What Phygitals paid to a partner's users: the list, newest first, and one payout with everything behind it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from buyback.models import Payout, PayoutQuerySet
from inventory.models import Collector
from partners.dashboard.access import MemberRequest, member
from partners.dashboard.pages import page
from partners.dashboard.paging import NEWEST, keyset


@require_safe
@member
def payouts(request: MemberRequest) -> HttpResponse:
    """Payouts, 50 a page; ``user`` is a whole user id, ``from`` and ``to`` are UTC days, both included."""
    user = request.GET.get("user", "").strip()[:255]
    since, until = _day(request.GET.get("from", "")), _day(request.GET.get("to", ""))
    found = _between(Payout.objects.of(request.environment), since, until)
    if user:
        found = found.filter(collector=Collector.objects.of(request.environment).called(user).first())
    rows = found.select_related("collector", "buyback__item__card")
    listed = keyset(rows, NEWEST, request.GET.get("after", ""), before=request.GET.get("before", ""))
    context = {
        "section": "payouts",
        "page": listed,
        "user_id": user,
        "since": since,
        "until": until,
        "filtered": bool(user or since or until),
    }
    return page(request, "dashboard/payouts.html", context, part="results")


@require_safe
@member
def payout(request: MemberRequest, pk: UUID) -> HttpResponse:
    """One payout: when what happened, the basis of its price, and its lines in the ledger."""
    rows = Payout.objects.of(request.environment).select_related(
        "collector", "buyback__item__card", "buyback__item__pack"
    )
    found = get_object_or_404(rows, pk=pk)
    transfers = found.buyback.transfers.order_by("created_at", "id")
    context = {"section": "payouts", "payout": found, "buyback": found.buyback, "transfers": transfers}
    return page(request, "dashboard/payout.html", context)


def _between(found: PayoutQuerySet, since: date | None, until: date | None) -> PayoutQuerySet:
    """Payouts from the start of one day to the end of the other."""
    if since:
        found = found.since(datetime.combine(since, time.min, UTC))
    if until and until < date.max:
        found = found.before(datetime.combine(until + timedelta(days=1), time.min, UTC))
    return found


def _day(text: str) -> date | None:
    """A day as a date field sends it; None for anything else."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
