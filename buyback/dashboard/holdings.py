"""One user's inventory: every card in their hands, with its price and its window."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from buyback.dashboard.tiles import tile
from inventory.models import Collector, Item
from partners.dashboard.access import MemberRequest, may_act, member
from partners.dashboard.pages import page
from partners.dashboard.paging import keyset
from partners.models import Role


@dataclass(frozen=True)
class Order:
    """One way to sort the grid: its label, and its columns with how to read each from a cursor."""

    label: str
    by: Mapping[str, Callable[[str], Any]]


ORDERS = {
    "newest": Order("Newest", {"-purchased_at": datetime.fromisoformat, "-id": int}),
    "closing": Order("Closing soonest", {"closes": datetime.fromisoformat, "id": int}),
    "value": Order("Highest value", {"-value": Decimal, "-id": int}),
}


@require_safe
@member
def holdings(request: MemberRequest, pk: int) -> HttpResponse:
    """The card grid of one user, 48 a page, sorted as ``sort`` says."""
    here = request.environment
    collector = get_object_or_404(Collector.objects.of(here), pk=pk)
    now = here.now()
    sort = request.GET.get("sort", "")
    order = ORDERS.get(sort, ORDERS["newest"])
    held = Item.objects.of(here).filter(collector=collector).in_inventory()
    rows = held.with_card().with_value(live=here.is_live).with_closing(now)
    listed = keyset(rows, order.by, request.GET.get("after", ""), size=48)
    context = {
        "section": "users",
        "now": now,
        "collector": collector,
        "total": held.count(),  # one user's items: their own index, and few
        "page": listed,
        "tiles": [tile(item, now) for item in listed.rows],
        "orders": ORDERS,
        "sort": sort if sort in ORDERS else "newest",
        "may_sell": may_act(request, Role.OPERATOR),
    }
    return page(request, "dashboard/holdings.html", context, part="grid")
