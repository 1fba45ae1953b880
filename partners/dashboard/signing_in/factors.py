"""Second factors at sign-in and in confirmations: django-allauth's views and forms, with two rules.

A WebAuthn challenge works only in the flow, and for the account, that it was issued for. Otherwise
a challenge of a second step, which names one account's keys, could sign in as another account. And
a code of an authenticator app works once while the clock's tolerance accepts it.
"""

from __future__ import annotations

from typing import Any

from allauth.core.internal.cryptokit import normalize_user_code
from allauth.mfa import app_settings
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms, views
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn import forms as webauthn_forms
from allauth.mfa.webauthn import views as webauthn_views
from allauth.mfa.webauthn.internal import auth
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

SECOND_STEP, PASSWORDLESS, CONFIRMATION = "second step", "passwordless", "confirmation"
USED = _("This code was already used. Wait for the next one.")


def bind(flow: str, user: Any) -> None:
    """Record in the session what the challenge just issued is for."""
    state = auth.get_state()
    if state is not None:
        auth.set_state(state | {"flow": flow, "user": user and user.pk})


def refuse_other_flow(flow: str, user: Any) -> None:
    """Raises ValidationError, and drops the challenge, if it was issued for anything else."""
    state = auth.get_state() or {}
    if (state.get("flow"), state.get("user")) != (flow, user and user.pk):
        auth.clear_state()
        raise get_adapter().validation_error("incorrect_code")


class _BoundForm(webauthn_forms.AuthenticateWebAuthnForm):
    flow = ""

    def clean_credential(self) -> Authenticator:
        refuse_other_flow(self.flow, self.user)
        return super().clean_credential()


class AuthenticateWebAuthnForm(_BoundForm):
    """The second step of a sign-in."""

    flow = SECOND_STEP


class LoginWebAuthnForm(_BoundForm, webauthn_forms.LoginWebAuthnForm):
    """A sign-in with a passkey alone."""

    flow = PASSWORDLESS


class ReauthenticateWebAuthnForm(
    _BoundForm,
    webauthn_forms.ReauthenticateWebAuthnForm,
):
    """A signed-in person confirms who they are."""

    flow = CONFIRMATION


class AddWebAuthnForm(webauthn_forms.AddWebAuthnForm):
    """A new key, with a challenge that was issued for no sign-in."""

    def clean(self) -> Any:
        refuse_other_flow_of_a_key()
        return super().clean()


def refuse_other_flow_of_a_key() -> None:
    """Raises ValidationError for a challenge of a sign-in or confirmation."""
    if "flow" in (auth.get_state() or {}):
        auth.clear_state()
        raise get_adapter().validation_error("incorrect_code")


class Authenticate(views.AuthenticateView):
    """The second step of a sign-in."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        bind(SECOND_STEP, self.stage.login.user)
        return context


class LoginWebAuthn(webauthn_views.LoginWebAuthnView):
    """A sign-in with a passkey alone."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        auth.clear_state()  # a redirect issues no challenge, and must not bind an earlier one
        response: HttpResponse = super().get(request, *args, **kwargs)
        bind(PASSWORDLESS, None)
        return response


class ReauthenticateWebAuthn(webauthn_views.ReauthenticateWebAuthnView):
    """A signed-in person confirms who they are."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        bind(CONFIRMATION, self.request.user)
        return context


class _OnceForm(forms.BaseAuthenticateForm):
    """A code of an app works once, as long as the tolerance for clocks accepts it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].widget.attrs["autofocus"] = True  # the only field of its page

    def clean_code(self) -> str:
        used = f"totp.used:{self.user.pk}:{normalize_user_code(self.cleaned_data['code'])}"
        try:
            code: str = super().clean_code()
        except ValidationError as error:
            if error.code == "incorrect_code" and cache.get(used):
                raise ValidationError(USED, code="used_code") from None
            raise
        lasts = (2 * app_settings.TOTP_TOLERANCE + 1) * app_settings.TOTP_PERIOD
        is_app = self.authenticator.type == Authenticator.Type.TOTP
        if is_app and not cache.add(used, "y", timeout=lasts):
            raise ValidationError(USED, code="used_code")
        return code


class AuthenticateForm(_OnceForm, forms.AuthenticateForm):
    """A code at sign-in."""


class ReauthenticateForm(_OnceForm, forms.ReauthenticateForm):
    """A code in a confirmation."""
