"""Signing in by e-mail address and password, with a brake on guessing."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.views import LoginView
from django.http import HttpRequest

from config.login import BrakedForm


class LoginForm(BrakedForm):
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


class Login(LoginView):
    """The login page; a member who is already in goes on to the dashboard."""

    template_name = "dashboard/login.html"
    authentication_form = LoginForm
    redirect_authenticated_user = True
