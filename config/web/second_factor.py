"""Whether a user has a second factor: an authenticator app or a passkey, not recovery codes.

Money decisions need a fresh one: the session used a factor within the last
``ACCOUNT_REAUTHENTICATION_TIMEOUT`` seconds.
"""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import urlencode

from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

FACTORS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]


def has_factor(user: Any) -> bool:
    """One query. django-allauth's login asks every user who has a factor."""
    return bool(is_mfa_enabled(user, FACTORS))


def is_fresh(request: HttpRequest) -> bool:
    """Whether this session used a second factor of its user recently. A password is not enough."""
    oldest = time.time() - settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
    records = get_authentication_records(request, request.user)  # type: ignore[arg-type]
    return any(one["method"] == "mfa" and one["at"] > oldest for one in records)


def ask_factor(request: HttpRequest, back: str) -> HttpResponse:
    """Redirect to the page that asks for the factor, and then to ``back``.

    A user without a factor is sent to set one up.
    """
    if not has_factor(request.user):
        return redirect("mfa_index")
    app = is_mfa_enabled(request.user, [Authenticator.Type.TOTP])  # type: ignore[arg-type]
    page = "mfa_reauthenticate" if app else "mfa_reauthenticate_webauthn"
    return redirect(f"{reverse(page)}?{urlencode({'next': back})}")
