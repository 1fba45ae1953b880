"""The sandbox page: operators move the clock, owners reset. Live has no such page."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from config.foundation.errors import Refusal
from inventory.windows.sandbox_clock import move_clock
from partners.dashboard.permissions import (
    MemberRequest,
    Obstacle,
    form_only,
    may_act,
    member,
    obstacle,
)
from partners.dashboard.rendering import page
from partners.models import Role
from partners.records.actor import Actor
from partners.tenants.sandbox import reset

DAYS = {"1": _("1 day"), "7": _("7 days"), "30": _("30 days")}
NOT_MOVED = _("The clock was not moved")
NO_STEP = Obstacle(
    NOT_MOVED, _("That step is not available."), _("Choose one of the buttons."), 422
)
NOT_TICKED = Obstacle(
    _("Nothing was reset"), _("The box was not checked."), _("Check it to delete all data."), 422
)
DAY = 86_400  # seconds


@require_http_methods(["GET", "HEAD"])
@member
def controls(request: MemberRequest) -> HttpResponse:
    """The sandbox's time, and the buttons for the member's role."""
    _only_sandbox(request)
    context = {
        "section": "",
        "days": DAYS,
        "clock": request.environment.now(),
        "may_move": may_act(request, Role.OPERATOR),
        "may_reset": may_act(request, Role.OWNER),
    }
    return page(request, "inventory/dashboard/sandbox.html", context)


@form_only
@member
def clock(request: MemberRequest) -> HttpResponse:
    """Move the clock forward by one of the steps. Operators and owners."""
    _only_sandbox(request)
    stop, days = obstacle(request, Role.OPERATOR), request.POST.get("days", "")
    if stop is None and days not in DAYS:
        stop = NO_STEP
    if stop:
        return _refused(request, stop)
    try:
        move_clock(
            environment=request.environment, by=Actor.user(request.user), seconds=int(days) * DAY
        )
    except Refusal as refusal:
        stop = Obstacle(
            NOT_MOVED, f"{gettext(refusal.sentence)}.", _("Reset the sandbox to start over."), 422
        )
        return _refused(request, stop)
    messages.success(
        request, gettext("The sandbox clock moved forward by %(days)s") % {"days": DAYS[days]}
    )
    return redirect("dashboard:sandbox", "sandbox")


@form_only
@member
def empty(request: MemberRequest) -> HttpResponse:
    """Reset the sandbox. Owners."""
    _only_sandbox(request)
    stop = obstacle(request, Role.OWNER)
    if stop is None and request.POST.get("confirmed") != "yes":
        stop = NOT_TICKED
    if stop:
        return _refused(request, stop)
    reset(environment=request.environment, by=Actor.user(request.user))
    messages.success(request, gettext("The sandbox is empty. Its clock shows real time"))
    return redirect("dashboard:sandbox", "sandbox")


def _only_sandbox(request: MemberRequest) -> None:
    if request.environment.is_live:
        raise Http404("Live has no sandbox controls")


def _refused(request: MemberRequest, stop: Obstacle) -> HttpResponse:
    context = {"section": "", "stop": stop, "item": None, "payout": None}
    return page(request, "dashboard/refused.html", context, status=stop.status)
