"""Daily statements: the days of a month, one day with its payouts, printed and as a file."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from html import escape
from typing import Any
from uuid import UUID

from django.db.models import CharField, F, Func, Max, Min, Value
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from buyback.dashboard.payouts import COLUMNS, lines
from buyback.models import Payout, PayoutQuerySet, Statement
from config.foundation.keyset import walk
from config.foundation.money import usd
from partners.dashboard.files import download, file_name
from partners.dashboard.paging import SortOrder, keyset
from partners.dashboard.permissions import MemberRequest, member
from partners.dashboard.rendering import page
from partners.models import Environment

OLDEST: SortOrder = {"created_at": datetime.fromisoformat, "id": UUID}
PRINTED = 4_000  # payouts on a printed statement; the file has all
# A payout on the sheet: time (UTC), id, user, item, amount.
LINE = (
    '<tr><td class="num">{}</td><td class="id">{}</td><td>{}</td><td>{}</td><td class="right '
    'num">{}</td></tr>'
)
PAID_AT = Func(F("created_at"), Value("HH24:MI:SS"), function="to_char", output_field=CharField())
DAYS = ("day", "sold", "sold_amount", "paid", "paid_amount", "failed", "closed_at")
HEADINGS = (
    "day_utc",
    "sellbacks",
    "sellbacks_usd",
    "payouts",
    "payouts_usd",
    "failed",
    "closed_at",
)


@require_safe
@member
def statements(request: MemberRequest) -> HttpResponse:
    """The closed days of ``month`` (``2026-04``; default: the latest), newest first, with sums."""
    here, today = request.environment, request.environment.now().date()
    known = Statement.objects.of(here).aggregate(first=Min("day"), last=Max("day"))
    month = _month(request.GET.get("month", "")) or (known["last"] or today).replace(day=1)
    rows = list(Statement.objects.of(here).between(month, _next(month) - timedelta(days=1)))
    before, after = (month - timedelta(days=1)).replace(day=1), _next(month)
    context = {
        "section": "payouts",
        "month": month,
        "today": today,
        "days": rows,
        "sum": Statement.sums(rows),
        "before": before if known["first"] and before >= known["first"].replace(day=1) else None,
        "after": after if known["last"] and after <= known["last"] else None,
    }
    return page(request, "buyback/dashboard/statements.html", context, part="results")


@require_safe
@member
def statement(request: MemberRequest, day: date) -> HttpResponse:
    """A day with its figures and its payouts in order, 100 a page. An open day says so."""
    here, get = request.environment, request.GET
    found = Statement.objects.of(here).filter(day=day).first()
    if found is None and day > here.now().date():
        raise Http404("That day is in the future")
    context: dict[str, Any] = {"section": "payouts", "day": day, "statement": found}
    if found:
        rows = _payouts(here, day).select_related("collector", "buyback__item__card")
        context["page"] = keyset(
            rows, OLDEST, get.get("after", ""), before=get.get("before", ""), size=50
        )
    return page(request, "buyback/dashboard/statement.html", context, part="results")


@require_safe
@member
def statement_print(request: MemberRequest, day: date) -> HttpResponse:
    """The day for printing, with up to ``PRINTED`` payouts."""
    here = request.environment
    found = _closed(here, day)
    rows = _payouts(here, day).order_by("created_at", "id")
    listed = rows.values_list(
        PAID_AT, "id", "collector__user_id", "buyback__item__card__name", "amount"
    )
    left_out = max(0, found.paid - PRINTED)
    context = {
        "day": day,
        "statement": found,
        "lines": _sheet(listed[:PRINTED]),
        "left_out": left_out,
    }
    return page(request, "buyback/dashboard/statement_print.html", context)


@require_safe
@member
def statement_csv(request: MemberRequest, day: date) -> StreamingHttpResponse:
    """All payouts of the day as a file; they add up to the statement."""
    found = _closed(request.environment, day)
    rows = lines(_payouts(request.environment, found.day))
    return download(request, file_name(request, f"statement-{day}"), list(COLUMNS), rows)


@require_safe
@member
def statements_csv(request: MemberRequest) -> StreamingHttpResponse:
    """One line for each closed day, newest first."""
    rows = Statement.objects.of(request.environment).values_list(*DAYS, named=True)
    return download(request, file_name(request, "statements"), HEADINGS, walk(rows, ["-day"]))


def _payouts(here: Environment, day: date) -> PayoutQuerySet:
    """The payouts of a day: the rows that its statement sums up."""
    return Payout.objects.of(here).in_days(day, day).paid()


def _sheet(rows: Iterable[tuple[str, UUID, str, str, Decimal]]) -> SafeString:
    """The lines of the sheet. Up to thousands: a template takes six times as long."""
    written = (
        LINE.format(at, pk, escape(user), escape(card), usd(amount))
        for at, pk, user, card, amount in rows
    )
    return SafeString("".join(written))


def _closed(here: Environment, day: date) -> Statement:
    found = Statement.objects.of(here).filter(day=day).first()
    if found is None:
        raise Http404("No statement of that day")
    return found


def _month(text: str) -> date | None:
    """The first day of ``2026-04``; None for other text, and for years outside 2000 to 9998."""
    try:
        month = date.fromisoformat(f"{text}-01")
    except ValueError:
        return None
    return month if 2000 <= month.year <= 9998 else None  # so that there are months around it


def _next(month: date) -> date:
    """The first day of the next month."""
    return (month + timedelta(days=31)).replace(day=1)
