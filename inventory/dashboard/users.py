"""The list of a partner's users, found by the start of their id or sorted by what they hold."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db.models import Min
from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from inventory.models import Collector, Item, Tally, UserTally
from partners.dashboard.fields import text
from partners.dashboard.paging import Page, SortOrder, keyset
from partners.dashboard.permissions import MemberRequest, member
from partners.dashboard.rendering import page

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

ORDERS: Mapping[str, tuple[StrOrPromise, SortOrder]] = {
    "id": (_("User id"), {"user_id": str}),
    "newest": (_("Newest"), {"-id": int}),
    "held": (_("Most items"), {"-size": int, "-collector_id": int}),
    "value": (_("Highest value"), {"-value": Decimal, "-collector_id": int}),
}
COUNTED = ("held", "value")  # orders by periodically counted figures


@require_safe
@member
def users(request: MemberRequest) -> HttpResponse:
    """Users, 30 a page, with what each holds, in the order ``sort``. ``q`` is the start of an id,
    and what it finds stands in the order of the ids, which is that of its index.
    """
    sought = text(request.GET.get("q", ""), 255)
    sort = "id" if sought or request.GET.get("sort") not in ORDERS else request.GET["sort"]
    context = {
        "section": "users",
        "sought": sought,
        "orders": {key: label for key, (label, _by) in ORDERS.items()},
        "sort": sort,
        **(
            _counted(request, ORDERS[sort][1])
            if sort in COUNTED
            else _found(request, sought, ORDERS[sort][1])
        ),
    }
    return page(request, "inventory/dashboard/users.html", context, part="results")


def _found(request: MemberRequest, sought: str, order: SortOrder) -> dict[str, Any]:
    """Users whose id starts with ``sought``, with what they hold now. Two queries."""
    found = Collector.objects.of(request.environment).starting_with(sought)
    listed = keyset(found, order, request.GET.get("after", ""))
    held = Item.objects.of(request.environment).held_by(listed.rows, now=request.environment.now())
    return {
        "page": listed,
        "users": [(collector, held.get(collector.pk)) for collector in listed.rows],
    }


def _counted(request: MemberRequest, order: SortOrder) -> dict[str, Any]:
    """Users who hold items, with the latest counted figures and their time. Two queries."""
    here = request.environment
    tallies = UserTally.objects.filter(environment=here).select_related("collector")
    listed: Page[UserTally] = keyset(tallies, order, request.GET.get("after", ""))
    return {
        "counted": True,
        "page": listed,
        "users": [(tally.collector, tally) for tally in listed.rows],
        "counted_at": Tally.objects.filter(environment=here).aggregate(at=Min("counted_at"))["at"],
    }
