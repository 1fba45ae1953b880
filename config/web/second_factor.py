"""Whether a user has a second factor: an authenticator app or a passkey, not recovery codes."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled

FACTORS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]


def has_factor(user: Any) -> bool:
    """One query. django-allauth's login asks every user who has a factor."""
    return bool(is_mfa_enabled(user, FACTORS))
