"""The page of one user: held items with price and window, and the history of all items."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from buyback.dashboard.parts.history import history
from buyback.dashboard.parts.item_cards import item_card
from buyback.dashboard.parts.timeline import line
from buyback.dashboard.parts.totals import counted
from buyback.models import Payout
from inventory.models import Collector, Item
from partners.dashboard.paging import keyset, read_cursor, write_cursor
from partners.dashboard.permissions import MemberRequest, may_act, member
from partners.dashboard.rendering import page
from partners.models import Role

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

SIZE = 50  # events of a page of history


@dataclass(frozen=True)
class Sorting:
    """A sort order: its label, and its columns with their readers for cursors."""

    label: StrOrPromise
    by: Mapping[str, Callable[[str], Any]]


ORDERS = {
    "newest": Sorting(_("Newest"), {"-purchased_at": datetime.fromisoformat, "-id": int}),
    "closing": Sorting(_("Closing soonest"), {"closes": datetime.fromisoformat, "id": int}),
    "value": Sorting(_("Highest value"), {"-value": Decimal, "-id": int}),
}


@require_safe
@member
def holdings(request: MemberRequest, pk: int) -> HttpResponse:
    """A user's items, 48 a page, sorted by ``sort``, as cards or (``view``) as a table."""
    here = request.environment
    collector = get_object_or_404(Collector.objects.of(here), pk=pk)
    now = here.now()
    sort = request.GET.get("sort", "")
    sort = sort if sort in ORDERS else "newest"
    held = Item.objects.of(here).filter(collector=collector).in_inventory()
    rows = held.with_card().with_value(live=here.is_live).with_closing(now)
    listed = keyset(rows, ORDERS[sort].by, request.GET.get("after", ""), size=30)
    context = {
        "section": "users",
        "now": now,
        "collector": collector,
        **_totals(collector),
        "page": listed,
        "item_cards": [item_card(item, now) for item in listed.rows],
        "orders": ORDERS,
        "sort": sort,
        "table": request.GET.get("view") == "table",
        "may_sell": may_act(request, Role.OPERATOR),
    }
    return page(request, "buyback/dashboard/holdings.html", context, part="grid")


@require_safe
@member
def user_history(request: MemberRequest, pk: int) -> HttpResponse:
    """The history of one user's items, newest first, 50 a page."""
    here = request.environment
    collector = get_object_or_404(Collector.objects.of(here), pk=pk)
    now = here.now()
    start = read_cursor(request.GET.get("after", ""), [datetime.fromisoformat, int, int, UUID])
    found = history(collector, now=now, before=(*start,) if start else None, most=SIZE + 1)
    rows = found[:SIZE]
    context = {
        "section": "users",
        "now": now,
        "collector": collector,
        **_totals(collector),
        "lines": [line(moment) for moment in rows],
        "page": {
            "next": write_cursor([*rows[-1].place]) if len(found) > SIZE else "",
            "first": not start,
        },
    }
    return page(request, "buyback/dashboard/user_history.html", context, part="results")


def _totals(collector: Collector) -> dict[str, Any]:
    """Number and value of held items, and the sum paid. Two queries over one user's rows."""
    return {
        "in_hand": Item.objects.filter(collector=collector).in_inventory().size_and_value(),
        "paid": counted(Payout.objects.filter(collector=collector).paid()),
    }
