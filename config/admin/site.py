"""The admin's door: the same login as everybody's, and a second factor for whoever comes in."""

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
    """Active staff who have a second factor. Whoever has none is led to set one up, and gets
    nowhere else.
    """

    def has_permission(self, request: HttpRequest) -> bool:
        """Asked several times while a page is made; the database is asked once."""
        if not super().has_permission(request):
            return False
        known: bool | None = getattr(request, "has_factor", None)
        if known is None:
            known = request.has_factor = has_factor(request.user)  # type: ignore[attr-defined]
        return known

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """No form of its own. Where somebody without permission for a page is sent to by Django's
        admin.
        """
        if not request.user.is_authenticated:
            return redirect_to_login(
                request.GET.get("next") or request.get_full_path(), settings.LOGIN_URL
            )
        if not super().has_permission(request):
            raise PermissionDenied
        if not self.has_permission(request):
            messages.info(
                request, "The admin opens to accounts with a second factor. Set one up below."
            )
            return redirect("mfa_index")
        return redirect("admin:index")

    def password_change(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        """Passwords are changed in one place."""
        return redirect("account_change_password")
