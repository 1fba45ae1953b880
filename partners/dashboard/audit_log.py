"""A partner's audit log, newest first. Only owners can read it."""

from __future__ import annotations

import json
from typing import Any

from django.db.models import Q
from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from partners.dashboard.fields import text
from partners.dashboard.paging import NEWEST, keyset
from partners.dashboard.permissions import MemberRequest, Obstacle, member
from partners.dashboard.rendering import page
from partners.models import AuditEntry, Role

FILTERS = ("actor", "action", "target", "request")
NOT_YOURS = Obstacle(
    _("The audit log is for owners"),
    _("It shows every change made by your team, so only an owner can read it."),
    _("Ask an owner of your team to look something up, or to change your role."),
)


@require_safe
@member
def audit_log(request: MemberRequest) -> HttpResponse:
    """The entries of both environments, filtered by actor, action, target and request id."""
    if not Role(request.membership.role).includes(Role.OWNER):
        context = {"section": "team", "stop": NOT_YOURS}
        return page(request, "dashboard/refused.html", context, part="dialog", status=403)
    sought = {name: text(request.GET.get(name, "")) for name in FILTERS}
    rows, get = AuditEntry.objects.filter(partner=request.environment.partner), request.GET
    found = keyset(
        rows,
        NEWEST,
        get.get("after", ""),
        before=get.get("before", ""),
        look_for=_looked_for(sought),
    )
    for entry in found.rows:
        entry.changes = _changes(entry)  # type: ignore[attr-defined]
    context = {"section": "team", "page": found, "sought": sought, "filtered": any(sought.values())}
    return page(request, "partners/dashboard/audit.html", context, part="results")


def _looked_for(sought: dict[str, str]) -> Q | None:
    """Filters: part of the actor or target, start of the action, whole request id. None: none."""
    asked = {
        "actor__icontains": sought["actor"],
        "action__istartswith": sought["action"],
        "target__icontains": sought["target"],
        "request_id": sought["request"],
    }
    given = {lookup: value for lookup, value in asked.items() if value}
    return Q(**given) if given else None


def _changes(entry: AuditEntry) -> list[tuple[str, str, str]]:
    """Each changed field with its old and new value. Reasons of Phygitals' staff are left out."""
    before, after = (
        one if isinstance(one, dict) else {"": one} for one in (entry.before, entry.after)
    )
    names = [name for name in dict.fromkeys((*before, *after)) if name != "reason"]
    pairs = [(name, before.get(name), after.get(name)) for name in names]
    return [
        (name.replace("_", " "), _text(was), _text(became))
        for name, was, became in pairs
        if was != became
    ]


def _text(value: Any) -> str:
    if value is None or value == "":
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
