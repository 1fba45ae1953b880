"""The dashboard's users: a partner's collectors, found by the start of their id."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from inventory.models import Collector, Item
from partners.dashboard.access import MemberRequest, member
from partners.dashboard.pages import page
from partners.dashboard.paging import Order, keyset

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

ORDERS: Mapping[str, tuple[StrOrPromise, Order]] = {
    "id": (_("User id"), {"user_id": str}),
    "newest": (_("Newest"), {"-id": int}),
}


@require_safe
@member
def users(request: MemberRequest) -> HttpResponse:
    """Users, 50 a page, with what each holds, in the order ``sort``. ``q`` is the start of an id, and what it finds
    stands in the order of the ids, which is that of its index.
    """
    sought = request.GET.get("q", "").strip()[:255]
    found = Collector.objects.of(request.environment).starting_with(sought)
    sort = "id" if sought or request.GET.get("sort") not in ORDERS else request.GET["sort"]
    listed = keyset(found, ORDERS[sort][1], request.GET.get("after", ""))
    held = Item.objects.of(request.environment).held_by(listed.rows, now=request.environment.now())
    context = {
        "section": "users",
        "sought": sought,
        "orders": {key: label for key, (label, _by) in ORDERS.items()},
        "sort": sort,
        "page": listed,
        "users": [(collector, held.get(collector.pk)) for collector in listed.rows],
    }
    return page(request, "dashboard/users.html", context, part="results")
