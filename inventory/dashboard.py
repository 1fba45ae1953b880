"""The dashboard's users: a partner's collectors, found by the start of their id."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from inventory.models import Collector, Item
from partners.dashboard.access import MemberRequest, member
from partners.dashboard.pages import page
from partners.dashboard.paging import keyset


@require_safe
@member
def users(request: MemberRequest) -> HttpResponse:
    """Users in order of their id, 50 a page, with what each holds; ``q`` is the start of an id."""
    sought = request.GET.get("q", "").strip()[:255]
    found = Collector.objects.of(request.environment).starting_with(sought)
    listed = keyset(found, {"user_id": str}, request.GET.get("after", ""))
    held = Item.objects.of(request.environment).held_by(listed.rows, now=request.environment.now())
    context = {
        "section": "users",
        "sought": sought,
        "page": listed,
        "users": [(collector, held.get(collector.pk)) for collector in listed.rows],
    }
    return page(request, "dashboard/users.html", context, part="results")
