"""Making a code that verifies an account's e-mail address, shown once."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from config.admin.model_admin import confirmed
from config.web.second_factor import ask_factor, is_fresh
from partners.admin.audited import by
from partners.models import User
from partners.people.verification import make_code


@admin.action(description="Make a verification code", permissions=["superuser"])
def make_verification_code(
    model_admin: Any, request: HttpRequest, users: QuerySet[User]
) -> HttpResponse | None:
    """Confirm, then show the code. One account at a time, because a code is shown on one page."""
    if len(users) != 1:
        messages.error(request, "Select one user: a code is made for one account at a time.")
        return None
    if not is_fresh(request):
        messages.info(request, "Confirm your second factor first, then repeat this step.")
        return ask_factor(request, request.get_full_path())
    made: list[Any] = []
    asked = confirmed(
        model_admin,
        request,
        users,
        question=(
            "Make a code that verifies this account's address? First check who the person is: "
            "anyone with the code can choose the account's password."
        ),
        verb="Make the code",
        act=lambda user: made.extend(make_code(user=user, by=by(request))),
    )
    if not made:
        return asked
    origin = settings.PUBLIC_URL or request.build_absolute_uri("/").rstrip("/")
    context = {
        **admin.site.each_context(request),
        "title": f"Verification code for {made[0].user}",
        "code": made[0],
        "text": made[1],
        "address": origin + reverse("verify_address"),
    }
    return TemplateResponse(
        request,
        "admin/partners/user/verification_code.html",
        context,
        headers={"Cache-Control": "no-store"},
    )
