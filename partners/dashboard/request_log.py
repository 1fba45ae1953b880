"""The request log: API calls of the last 30 days, newest first, for operators and owners.

Viewers do not see it, because bodies contain more user data than any other page.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from config.foundation import clock
from partners.dashboard.fields import text
from partners.dashboard.paging import NEWEST, SortOrder, keyset
from partners.dashboard.permissions import MemberRequest, Obstacle, member
from partners.dashboard.rendering import Chip, page
from partners.models import ApiCall, ApiKey, Role
from partners.records.request_log import lost

STATUSES = {"2xx": _("Succeeded"), "4xx": _("Refused"), "5xx": _("Failed")}
BY: SortOrder = {"-created_at": NEWEST["-created_at"], "-id": int}
DEEPEST = 16  # levels of a body that are indented
BRACKETS = re.compile(r"[\[\]{}]")
NOT_YOURS = Obstacle(
    _("The request log is for operators and owners"),
    _("It shows the bodies of your servers' requests."),
    _("Ask an owner of your team to look something up, or to change your role."),
)


@dataclass(frozen=True)
class Filters:
    """The filters of one request. Invalid values are left out."""

    status: str
    key: str
    path: str
    code: str
    request: str

    @property
    def look_for(self) -> Q | None:
        """The condition that no index serves, or None."""
        found: dict[str, object] = {}
        if self.status:
            hundreds = int(self.status[0]) * 100
            found |= {"status__gte": hundreds, "status__lt": hundreds + 100}
        if self.key:
            found["key__key_id"] = self.key
        if self.path:
            found["path__startswith"] = self.path
        if self.code:
            found["code"] = self.code
        return Q(**found) if found else None


@require_safe
@member
def requests(request: MemberRequest) -> HttpResponse:
    """Calls, 30 a page."""
    if not _may_read(request):
        return _refused(request)
    keys = ApiKey.objects.filter(environment=request.environment).names()
    chosen, get = _read(request, keys), request.GET
    rows = ApiCall.objects.of(request.environment).defer("sent", "answered")
    if chosen.request:
        rows = rows.filter(request_id=chosen.request)
    if chosen.status in ("4xx", "5xx") or chosen.code:
        rows = rows.unsuccessful()
    found = keyset(
        rows, BY, get.get("after", ""), before=get.get("before", ""), look_for=chosen.look_for
    )
    context = {
        "section": "keys",
        "page": found,
        "filters": chosen,
        "keys": keys,
        "statuses": STATUSES,
    }
    context["lost"] = lost(request.environment, now=clock.now())
    return page(
        request,
        "partners/dashboard/requests.html",
        context | {"chips": _chips(chosen, keys)},
        part="results",
    )


@require_safe
@member
def call(request: MemberRequest, pk: int) -> HttpResponse:
    """One call: request and response."""
    if not _may_read(request):
        return _refused(request)
    found = get_object_or_404(ApiCall.objects.of(request.environment), pk=pk)
    found.key.environment = request.environment
    context = {
        "section": "keys",
        "call": found,
        "sent": _pretty(found.sent),
        "answered": _pretty(found.answered),
    }
    return page(request, "partners/dashboard/call.html", context)


def _refused(request: MemberRequest) -> HttpResponse:
    context = {"section": "keys", "stop": NOT_YOURS}
    return page(request, "dashboard/refused.html", context, part="dialog", status=403)


def _may_read(request: MemberRequest) -> bool:
    return Role(request.membership.role).includes(Role.OPERATOR)


def _read(request: MemberRequest, keys: dict[str, str]) -> Filters:
    """The filters in the address."""
    sought = {name: text(request.GET.get(name, "")) for name in vars(Filters("", "", "", "", ""))}
    known: dict[str, Mapping[str, object]] = {"status": STATUSES, "key": keys}
    return Filters(
        **{name: value if value in known.get(name, value) else "" for name, value in sought.items()}
    )


def _chips(filters: Filters, keys: dict[str, str]) -> list[Chip]:
    """The filters in use, in words."""
    texts = {
        ("status", gettext("Outcome")): STATUSES.get(filters.status, ""),
        ("key", gettext("Key")): keys.get(filters.key, ""),
        ("path", gettext("Path starts with")): filters.path,
        ("code", gettext("Error code")): filters.code,
        ("request", gettext("Request id")): filters.request,
    }
    return [Chip(name, label, text) for (name, label), text in texts.items() if text]


def _pretty(text: str) -> str:
    """Indented JSON; a cut or deeply nested body stays unchanged."""
    if not _is_flat(text):
        return text
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except ValueError:
        return text


def _is_flat(text: str) -> bool:
    """Whether brackets are nested at most ``DEEPEST`` deep. Brackets in strings count too."""
    depth = 0
    for sign in BRACKETS.findall(text):
        depth += 1 if sign in "[{" else -1
        if depth > DEEPEST:
            return False
    return True
