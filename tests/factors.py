"""Second factors in tests: an authenticator app with a known secret."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.utils import encrypt

from partners.models import User

TOTP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def give_factor(user: User) -> Authenticator:
    """An authenticator app with codes of ``totp_code()``."""
    factor = Authenticator(
        user=user, type=Authenticator.Type.TOTP, data={"secret": encrypt(TOTP_SECRET)}
    )
    factor.save()
    return factor


def totp_code() -> str:
    """The current code of ``give_factor``'s app; each works once."""
    counters = list(totp.yield_hotp_counters_from_time())
    counter = counters[len(counters) // 2]
    return totp.format_hotp_value(totp.hotp_value(TOTP_SECRET, counter))
