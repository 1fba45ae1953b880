"""Saved views: a member saves a list's filters under a name, privately, in one environment."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext

from partners.dashboard.permissions import MemberRequest, Obstacle, form_only, member, obstacle
from partners.dashboard.rendering import page as answer
from partners.models import Role, SavedView

# The lists that have filters, by their names in ``config/dashboard.py``.
LISTS = ("users", "expiring", "buybacks", "payouts", "orders", "requests", "audit")


@form_only
@member
def save(request: MemberRequest) -> HttpResponse:
    """Save the filters of a list. An existing name gets the new filters."""
    stop = obstacle(request, Role.VIEWER)
    if stop:
        return _refused(request, stop)
    page, name = request.POST.get("page", ""), " ".join(request.POST.get("name", "").split())
    query = kept(QueryDict(request.POST.get("query", "")))
    address = _list(request, page)
    if not 0 < len(name) <= 60 or len(query) > 1000 or "\0" in name + query:
        messages.error(
            request, gettext("The view was not saved: it needs a name of at most 60 letters.")
        )
    else:
        mine = SavedView.objects.of(request.user, request.environment)
        mine.update_or_create(
            user=request.user,
            environment=request.environment,
            page=page,
            name=name,
            defaults={"query": query},
        )
        messages.success(request, gettext("The view “%(name)s” is saved.") % {"name": name})
    return redirect(f"{address}?{query}" if query else address)


@form_only
@member
def forget(request: MemberRequest, pk: int) -> HttpResponse:
    """Delete one of the member's own views."""
    stop = obstacle(request, Role.VIEWER)
    if stop:
        return _refused(request, stop)
    view = get_object_or_404(SavedView.objects.of(request.user, request.environment), pk=pk)
    address = _list(request, view.page)
    view.delete()
    messages.success(request, gettext("The view “%(name)s” is deleted.") % {"name": view.name})
    return redirect(address)


def kept(query: QueryDict) -> str:
    """The parameters that a view stores: all except the cursor and empty ones."""
    filled = QueryDict(mutable=True)
    for name, values in query.lists():
        if name not in ("after", "before"):
            filled.setlist(name, [value for value in values if value])
    return filled.urlencode()


def _list(request: MemberRequest, page: str) -> str:
    """The address of a list by its name. Raises Http404 for any other name."""
    if page not in LISTS:
        raise Http404("No such list")
    return reverse(f"dashboard:{page}", args=[request.environment.mode])


def _refused(request: MemberRequest, stop: Obstacle) -> HttpResponse:
    return answer(
        request, "dashboard/refused.html", {"section": "overview", "stop": stop}, status=stop.status
    )
