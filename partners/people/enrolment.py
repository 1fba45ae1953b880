"""The first second factor of staff: set up with a one-time code from a superuser.

Otherwise a person who learns the password of a new account would set up a factor of their own.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from django.db import transaction

from config.foundation import clock
from config.foundation.codes import Code
from config.foundation.errors import Refusal
from config.web.second_factor import has_factor
from partners.models import User
from partners.people.second_factor import distrust
from partners.records import audit
from partners.records.actor import Actor

VALID_FOR = timedelta(days=1)


class NoCodeNeeded(Refusal):
    """Only staff without a second factor need a code."""

    code = Code.NO_CODE_NEEDED
    sentence = "Only staff without a second factor need a code."


def needs_code(user: User) -> bool:
    """Whether the account is staff's and has no second factor."""
    return user.is_staff and not has_factor(user)


def issue_code(*, user: User, by: Actor, now: datetime | None = None) -> str:
    """A one-time code for a day, stored only as a digest. It replaces an earlier one.

    Raises NoCodeNeeded.
    """
    if not needs_code(user):
        raise NoCodeNeeded
    code = secrets.token_hex(8)
    with transaction.atomic():
        locked = User.objects.select_for_update(no_key=True).get(pk=user.pk)
        locked.enrolment_digest = _digest(code)
        locked.enrolment_until = (now or clock.now()) + VALID_FOR
        locked.save(update_fields=["enrolment_digest", "enrolment_until"])
        audit.record(actor=by, action="user.enrolment_code_made", target=locked)
    return code


def redeem(*, user: User, code: str, now: datetime | None = None) -> bool:
    """Use the code: once, before its end. Whether it was right. The account is then recent."""
    with transaction.atomic():
        locked = User.objects.select_for_update(no_key=True).get(pk=user.pk)
        digest, until = locked.enrolment_digest, locked.enrolment_until
        if digest is None or until is None or until <= (now or clock.now()):
            return False
        if not hmac.compare_digest(bytes(digest), _digest(code.strip())):
            return False
        locked.enrolment_digest = locked.enrolment_until = None
        locked.save(update_fields=["enrolment_digest", "enrolment_until"])
        distrust(user=locked)
        audit.record(actor=Actor.user(locked), action="user.enrolment_code_used", target=locked)
    return True


def _digest(code: str) -> bytes:
    return hashlib.sha256(code.encode()).digest()
