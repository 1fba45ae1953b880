"""What a partner may do to its sandbox: move its clock and reset it. Live allows neither."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext_noop

from config.foundation import clock
from config.foundation.codes import Code
from config.foundation.errors import Refusal
from partners.models import ApiKey, Environment, Event, IdempotencyKey, Mode, SavedView
from partners.records import audit
from partners.records.actor import Actor

FURTHEST = timedelta(days=3653)  # ahead of real time: ten years are enough for every window


class NotASandbox(Refusal):
    """Live has real time and real money: no moving, no resetting."""

    code = Code.NOT_A_SANDBOX
    sentence = "Only a sandbox can do this"


class ClockBackwards(Refusal):
    """The clock never goes back. A reset starts a new sandbox."""

    code = Code.CLOCK_BACKWARDS
    sentence = gettext_noop("The sandbox clock only moves forward")


class ClockTooFar(Refusal):
    """Further ahead than any window lasts."""

    code = Code.CLOCK_TOO_FAR
    sentence = gettext_noop("The sandbox clock can be at most ten years ahead")


def move_clock(
    *, environment: Environment, by: Actor, seconds: int | None = None, to: datetime | None = None
) -> Environment:
    """Move the sandbox's clock forward by ``seconds``, or ``to`` a time (UTC).

    Returns the environment with its new clock. Raises NotASandbox, ClockBackwards, ClockTooFar;
    then nothing changed.
    """
    with transaction.atomic():
        locked = _lock(environment)
        shown, offset = locked.database_now(), locked.clock_offset
        real = shown - offset
        if seconds is not None:
            if abs(seconds) > FURTHEST.total_seconds():
                raise ClockTooFar if seconds > 0 else ClockBackwards
            moved = offset + timedelta(seconds=seconds)
        else:
            moved = (to or shown) - real
        if moved < offset:
            raise ClockBackwards
        if moved > FURTHEST:
            raise ClockTooFar
        locked.clock_offset = moved
        locked.save(update_fields=["clock_offset"])
        audit.record(
            actor=by,
            action="sandbox.clock_moved",
            target=locked,
            partner=locked.partner,
            before={"now": clock.iso(shown)},
            after={"now": clock.iso(real + moved)},
        )
    return locked


def reset(*, environment: Environment, by: Actor) -> Environment:
    """Empty the sandbox: a new environment on real time replaces it, with its keys and views.

    Returns the new one. No row is deleted, so append-only tables need no exception, and a request
    that is running ends among the retired rows. Repeatable: an unused sandbox stays. Raises
    NotASandbox. Reasons: ``docs/adr/0009-a-reset-sandbox-is-another.md``.
    """
    with transaction.atomic():
        old = _lock(environment)
        if old.pk != environment.pk or _is_new(old):  # already reset, or unused
            return old
        Environment.objects.filter(pk=old.pk).update(retired_at=Now())
        new = Environment.objects.create(
            partner=old.partner, mode=Mode.SANDBOX, calls_per_minute=old.calls_per_minute
        )
        ApiKey.objects.filter(environment=old).update(environment=new)
        SavedView.objects.filter(environment=old).update(environment=new)
        audit.record(
            actor=by,
            action="sandbox.reset",
            target=new,
            partner=old.partner,
            before={"environment": old.pk, "clock_offset": str(old.clock_offset)},
            after={"environment": new.pk, "clock_offset": str(new.clock_offset)},
        )
    return new


def _is_new(environment: Environment) -> bool:
    """Whether it is unused. Everything that happens in it writes an event."""
    left = (Event.objects, IdempotencyKey.objects)
    return not environment.clock_offset and not any(
        rows.filter(environment=environment).exists() for rows in left
    )


def _lock(environment: Environment) -> Environment:
    """The sandbox in use, its row locked; it may be the successor of ``environment``.

    Raises NotASandbox.
    """
    if environment.is_live:
        raise NotASandbox
    rows = Environment.objects.select_related("partner").select_for_update(
        of=("self",), no_key=True
    )
    in_use = rows.filter(partner=environment.partner_id, mode=Mode.SANDBOX)
    return (
        in_use.first() or in_use.get()
    )  # a row retired while we waited is not found; the next query finds its successor
