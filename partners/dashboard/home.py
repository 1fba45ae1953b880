"""Start pages of the dashboard: the way to the partner in use, and switching partners."""

from __future__ import annotations

import sys

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

from config.foundation.codes import HEADER, Code
from config.foundation.errors import Refusal, body
from config.postgres.trouble import sentence_of
from config.web.middleware import is_api
from partners.dashboard.permissions import SESSION_KEY, MemberRequest, form_only, signed_in
from partners.dashboard.rendering import page
from partners.models import Mode


@require_safe
@signed_in
def home(request: MemberRequest) -> HttpResponse:
    """Redirect to the live overview of the partner in use."""
    return redirect("dashboard:overview", Mode.LIVE)


@form_only
@signed_in
def switch(request: MemberRequest) -> HttpResponse:
    """Switch to another of the member's partners, in the same mode. Any other partner gives 404."""
    chosen = request.POST.get("partner", "")
    found = next((one for one in request.memberships if str(one.partner_id) == chosen), None)
    if found is None:
        raise Http404("No such partner")
    request.session[SESSION_KEY] = found.partner_id
    return redirect(
        "dashboard:overview",
        Mode.SANDBOX if request.POST.get("mode") == Mode.SANDBOX else Mode.LIVE,
    )


def fault(request: HttpRequest) -> HttpResponse:
    """The page for an internal fault or a database error, with the request id. The API gets JSON.

    It is rendered without context processors, because they would query the database.
    """
    if is_api(request):
        headers = {HEADER: str(Code.INTERNAL_ERROR)}
        return JsonResponse(body(Refusal.sentence), status=500, headers=headers)
    sentence = sentence_of(sys.exception())
    if sentence is None:
        return HttpResponse(render_to_string("500.html", {"request": request}), status=500)
    context = {"request": request, "sentence": sentence}
    return HttpResponse(
        render_to_string("503.html", context), status=503, headers={"Retry-After": "10"}
    )


def stale_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The page for a form whose CSRF token did not match: an old tab, or cookies disabled."""
    return page(request, "403_csrf.html", {}, part="dialog", status=403)
