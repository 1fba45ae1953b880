"""Limits for one partner, in place of the platform's.

They are stored on the environment, which every call and sellback already reads, so they cost no
statement.
"""

from __future__ import annotations

from decimal import Decimal

from django.db import transaction
from django.db.models import QuerySet

from config.foundation.codes import Code
from config.foundation.errors import Refusal
from config.foundation.reasons import clean_reason
from partners.models import MOST_CALLS, Environment, Mode, Partner
from partners.records import audit
from partners.records.actor import Actor


class BadLimit(Refusal):
    """Not a valid limit."""

    code = Code.INVALID_LIMIT
    sentence = f"A limit is a whole number from 1 to {MOST_CALLS:,}, or empty"


def limit_calls(
    *, partner: Partner, live: int | None, sandbox: int | None, reason: str, by: Actor
) -> None:
    """Limit reads and writes a minute, from the next call. None: the platform's limits.

    Unchanged limits are neither written nor audited. Raises ReasonRequired, BadLimit.
    """
    reason, wanted = clean_reason(reason), {Mode.LIVE.value: live, Mode.SANDBOX.value: sandbox}
    if any(limit is not None and not 1 <= limit <= MOST_CALLS for limit in wanted.values()):
        raise BadLimit
    with transaction.atomic():
        for environment in locked(partner):
            write(environment, "calls_per_minute", wanted[environment.mode], reason, by)


def locked(partner: Partner) -> QuerySet[Environment]:
    """The partner's environments with locked rows, in a fixed order. Reads are not blocked."""
    rows = Environment.objects.filter(partner=partner).select_related("partner").order_by("mode")
    return rows.select_for_update(of=("self",), no_key=True)


def write(
    environment: Environment, field: str, value: int | Decimal | None, reason: str, by: Actor
) -> None:
    """Set one limit of a locked environment and audit it, if it changes."""
    before = audit.values(environment, (field,))
    if getattr(environment, field) == value:
        return
    setattr(environment, field, value)
    environment.save(update_fields=[field])
    after = audit.values(environment, (field,)) | {"reason": reason}
    audit.record(
        actor=by,
        action="environment.limit_changed",
        target=environment,
        partner=environment.partner,
        before=before,
        after=after,
    )
