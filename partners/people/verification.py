"""Verifying that an account's person has its e-mail address.

Until then somebody else may have opened the account: anyone can open a link that an owner was
shown. So verification makes the account the person's own. They choose another password, which ends
all sessions, and second factors set up before are removed. It takes a link that only the mailbox
got, or a code that staff handed over.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_noop

from config.foundation import clock
from config.foundation.codes import Code
from config.foundation.errors import Refusal
from partners.models import User, VerificationCode
from partners.people.second_factor import remove_factors
from partners.people.team import set_password
from partners.records import audit
from partners.records.actor import SYSTEM, Actor

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # without 0, 1, I and O: they look alike
SYMBOLS = 16  # of a code: 80 bits


class CodeUnusable(Refusal):
    """No account, no code, a wrong, used or expired one, or too many wrong tries: all the same."""

    code = Code.VERIFICATION_CODE_UNUSABLE
    sentence = gettext_noop(
        "This address and code do not work together; check both, or ask Phygitals for a new code"
    )


class AlreadyVerified(Refusal):
    """A verified account needs no code."""

    code = Code.ALREADY_VERIFIED
    sentence = "This account's address is verified already"


def verify(
    *, user: User, how: User.Verified, password: str, by: Actor, now: datetime | None = None
) -> User:
    """Make an unverified account its person's own, with another password. Raises WeakPassword.

    The caller has proof of the address. A verified account stays as it is.
    """
    with transaction.atomic():
        locked = User.objects.select_for_update(no_key=True).get(pk=user.pk)
        if locked.is_verified:
            return locked
        set_password(locked, password)
        locked.verified_at, locked.verified_by = now or clock.now(), how
        locked.save(update_fields=["verified_at", "verified_by"])
        remove_factors(user=locked, by=by)
        VerificationCode.objects.filter(user=locked).delete()
        audit.record(
            actor=by, action="user.address_verified", target=locked, after={"by": how.value}
        )
    return locked


def make_code(
    *, user: User, by: Actor, now: datetime | None = None
) -> tuple[VerificationCode, str]:
    """A one-time code for a person whose identity staff checked; it replaces an earlier one.

    Its text is stored nowhere. Raises AlreadyVerified.
    """
    now = now or clock.now()
    text = "".join(secrets.choice(ALPHABET) for _ in range(SYMBOLS))
    with transaction.atomic():
        locked = User.objects.select_for_update(no_key=True).get(pk=user.pk)
        if locked.is_verified:
            raise AlreadyVerified
        made, _ = VerificationCode.objects.update_or_create(
            user=locked,
            defaults={
                "digest": _digest(text),
                "tries_left": settings.VERIFICATION_CODE_TRIES,
                "created_by": str(by),
                "expires_at": now + timedelta(hours=settings.VERIFICATION_CODE_HOURS),
            },
        )
        audit.record(
            actor=by,
            action="user.verification_code_made",
            target=locked,
            after={"expires_at": clock.iso(made.expires_at)},
        )
    return made, "-".join(text[start : start + 4] for start in range(0, SYMBOLS, 4))


def verify_by_code(*, email: str, text: str, password: str, now: datetime | None = None) -> User:
    """Verify an account with the code that its person was given.

    A wrong code costs one of the code's tries. A weak password costs none. Raises CodeUnusable,
    WeakPassword.
    """
    now, given = now or clock.now(), _digest("".join(text.upper().replace("-", "").split()))
    codes = VerificationCode.objects.filter(expires_at__gt=now, tries_left__gt=0)
    with transaction.atomic():
        users = User.objects.select_for_update(no_key=True).filter(email=email, is_active=True)
        user = users.first()  # locked before the code, as in ``make_code``
        code = codes.filter(user=user).first() if user else None
        if user and code and hmac.compare_digest(given, bytes(code.digest)):
            by = Actor.user(user)
            return verify(user=user, how=User.Verified.CODE, password=password, by=by, now=now)
        if user and code:
            code.tries_left -= 1
            code.save(update_fields=["tries_left"])
            left = {"tries_left": code.tries_left}
            audit.record(
                actor=SYSTEM, action="user.verification_code_wrong", target=user, after=left
            )
    raise CodeUnusable


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
