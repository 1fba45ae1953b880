"""Forms for signing in, confirming and resetting the password.

django-allauth does the rest: passwords, second factors, login rate limiting.
"""

from __future__ import annotations

from typing import Any

from allauth.account.forms import LoginForm as AllauthLoginForm
from allauth.account.forms import ReauthenticateForm as AllauthReauthenticateForm
from allauth.account.forms import ResetPasswordForm as AllauthResetPasswordForm
from allauth.account.forms import ResetPasswordKeyForm as AllauthResetPasswordKeyForm
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from partners.models import User
from partners.models.addresses import canonical_or
from partners.people.verification import verify
from partners.records.actor import Actor


class LoginForm(AllauthLoginForm):
    """E-mail address and password, with our labels."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        login, password = self.fields["login"], self.fields["password"]
        login.label, password.help_text = _("E-mail address"), ""
        login.widget.attrs = {
            "type": "email",
            "autocomplete": "username webauthn",
            "inputmode": "email",
        }
        password.widget.attrs.pop("placeholder", None)

    def clean_login(self) -> str:
        """The address as it is stored, also for counting attempts."""
        return canonical_or(super().clean_login())


class ResetPasswordForm(AllauthResetPasswordForm):
    """The address of the account. The mail goes to its stored spelling, not to the typed one."""

    def clean_email(self) -> str:
        self.cleaned_data["email"] = canonical_or(self.cleaned_data["email"])
        return super().clean_email()


class ResetPasswordKeyForm(AllauthResetPasswordKeyForm):
    """Another password. Only the mailbox got the link, so it verifies the address."""

    def save(self) -> None:
        user: User = self.user
        password, by = self.cleaned_data["password1"], Actor.user(user)
        with transaction.atomic():
            super().save()
            verify(user=user, how=User.Verified.MAIL, password=password, by=by)


class ReauthenticateForm(AllauthReauthenticateForm):
    """The password again. The field has the focus."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].widget.attrs["autofocus"] = True
