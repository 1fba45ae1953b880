"""The admin site: the same login as for everyone, and a second factor is required."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from config.web.second_factor import has_factor


class StaffSite(AdminSite):
    """For active staff with a second factor. Staff without one are sent to set one up."""

    def has_permission(self, request: HttpRequest) -> bool:
        """Django asks several times for each page; the database is queried once."""
        if not super().has_permission(request):
            return False
        known: bool | None = getattr(request, "has_factor", None)
        if known is None:
            known = request.has_factor = has_factor(request.user)  # type: ignore[attr-defined]
        return known

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """No login form here: Django's admin sends people without permission to this view."""
        if not request.user.is_authenticated:
            return redirect_to_login(
                request.GET.get("next") or request.get_full_path(), settings.LOGIN_URL
            )
        if not super().has_permission(request):
            raise PermissionDenied
        if not self.has_permission(request):
            messages.info(request, "The admin requires a second factor. Set one up below.")
            return redirect("mfa_index")
        return redirect("admin:index")

    def password_change(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        """Redirect to the account page that changes passwords."""
        return redirect("account_change_password")
