"""Signing in by e-mail address and password, with a brake on guessing."""

from __future__ import annotations

import hashlib
from typing import Any

from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.http import HttpRequest

MOST_FAILURES = 10
MEMORY_SECONDS = 15 * 60


class TooManyFailures(ValidationError):
    """This address has failed for this account too often lately."""

    def __init__(self) -> None:
        super().__init__(
            "Too many failed attempts. Wait 15 minutes, then try again; the right password works then.",
            code="too_many_failures",
        )


class LoginForm(AuthenticationForm):
    """One sentence for a wrong address, a wrong password and a closed account alike: it tells a guesser nothing."""

    error_messages = {
        "invalid_login": "That e-mail address and password do not belong together. Check both and try again.",
        "inactive": "That e-mail address and password do not belong together. Check both and try again.",
    }

    def __init__(self, request: HttpRequest | None = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        self.fields["username"].label = "E-mail address"
        self.fields["username"].widget.attrs |= {"autocomplete": "username", "inputmode": "email"}
        self.fields["password"].widget.attrs |= {"autocomplete": "current-password"}

    def clean(self) -> dict[str, Any]:
        """Check the pair. Raises ValidationError; after ten failures in 15 minutes without looking at the password."""
        key = self._key()
        if cache.get(key, 0) >= MOST_FAILURES:
            raise TooManyFailures
        try:
            cleaned = super().clean()
        except ValidationError:
            _count(key)
            raise
        cache.delete(key)
        return cleaned

    def _key(self) -> str:
        """One counter per account and network address; hashed, so the cache holds no e-mail address."""
        account = str(self.cleaned_data.get("username", "")).lower()
        address = self.request.META.get("REMOTE_ADDR", "") if self.request else ""
        return "login:" + hashlib.sha256(f"{account}\n{address}".encode()).hexdigest()


class Login(LoginView):
    """The login page; a member who is already in goes on to the dashboard."""

    template_name = "dashboard/login.html"
    authentication_form = LoginForm
    redirect_authenticated_user = True


def _count(key: str) -> None:
    """One failure more; the 15 minutes run from the first."""
    if not cache.add(key, 1, MEMORY_SECONDS):
        try:
            cache.incr(key)
        except ValueError:  # it lapsed in between
            cache.set(key, 1, MEMORY_SECONDS)
