"""Second factors of people in tests: an authenticator app with a secret everybody here knows."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.utils import encrypt

from partners.models import User

TOTP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def give_factor(user: User) -> Authenticator:
    """An authenticator app that shows ``totp_code()``."""
    factor = Authenticator(
        user=user, type=Authenticator.Type.TOTP, data={"secret": encrypt(TOTP_SECRET)}
    )
    factor.save()
    return factor


def totp_code() -> str:
    """What the app of ``give_factor`` shows this moment; a code opens once."""
    (counter,) = totp.yield_hotp_counters_from_time()
    return totp.format_hotp_value(totp.hotp_value(TOTP_SECRET, counter))
