"""Whether somebody has a second factor: an authenticator app or a passkey. Recovery codes alone are
none.
"""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled

FACTORS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]


def has_factor(user: Any) -> bool:
    """One query. Whoever has a factor was asked for it at the door (django-allauth's login)."""
    return bool(is_mfa_enabled(user, FACTORS))
