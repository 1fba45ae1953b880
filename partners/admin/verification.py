"""Codes that verify an account's e-mail address: proposed on the list of users, shown once."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from config.admin.model_admin import confirmed
from partners.admin.audited import by
from partners.decisions.access import Granted, propose_code
from partners.models import User

CHECKED = "The person's identity was checked"


@admin.action(description="Make a verification code", permissions=["superuser"])
def make_verification_code(
    model_admin: Any, request: HttpRequest, users: QuerySet[User]
) -> HttpResponse | None:
    """Confirm, then propose the code. One account at a time, because a person is checked."""
    if len(users) != 1:
        messages.error(request, "Select one user: a code is made for one account at a time.")
        return None
    return confirmed(
        model_admin,
        request,
        users,
        question=(
            "Propose a code that verifies this account's address? First check who the person is: "
            "anyone with the code can choose the account's password. Another superuser must "
            "confirm, and gets the code."
        ),
        verb="Propose a code",
        act=lambda user: propose_code(user=user, reason=CHECKED, by=by(request)),
    )


def show(request: HttpRequest, done: Granted) -> HttpResponse:
    """The code of a confirmed proposal, on this response only."""
    assert done.code is not None  # noqa: S101  (checked by the caller)
    origin = settings.PUBLIC_URL or request.build_absolute_uri("/").rstrip("/")
    context = {
        **admin.site.each_context(request),
        "title": f"Verification code for {done.code.user}",
        "code": done.code,
        "text": done.secret,
        "address": origin + reverse("verify_address"),
    }
    return TemplateResponse(
        request,
        "admin/partners/user/verification_code.html",
        context,
        headers={"Cache-Control": "no-store"},
    )
