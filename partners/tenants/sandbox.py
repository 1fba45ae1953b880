"""What a partner may do to its sandbox: move its clock, and empty it. Live knows neither."""

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

FURTHEST = timedelta(days=3653)  # ahead of the real clock; ten years are enough for every window


class NotASandbox(Refusal):
    """Live has the real clock and real money: neither is moved or emptied."""

    code = Code.NOT_A_SANDBOX
    sentence = "Only a sandbox can do this"


class ClockBackwards(Refusal):
    """What has happened has happened. A sandbox that shall begin again is reset."""

    code = Code.CLOCK_BACKWARDS
    sentence = gettext_noop("The sandbox clock only moves forward")


class ClockTooFar(Refusal):
    """Further than any window lasts."""

    code = Code.CLOCK_TOO_FAR
    sentence = gettext_noop("The sandbox clock can be at most ten years ahead")


def move_clock(
    *, environment: Environment, by: Actor, seconds: int | None = None, to: datetime | None = None
) -> Environment:
    """Let the sandbox's clock jump by ``seconds``, or ``to`` a time (UTC); from there it runs on.

    Returns the environment with its new clock. Raises NotASandbox, ClockBackwards, ClockTooFar:
    then nothing moved.
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
    """Empty the sandbox: a new environment takes its place, with its keys and its saved views, on
    the real clock. Returns the new one.

    Nothing is deleted, so nothing that is append-only must allow it, and a request that is at work
    this very moment ends among the rows that nobody sees any more. Safe to repeat: a sandbox in
    which nothing happened stays. Raises NotASandbox. Why so:
    ``docs/adr/0009-a-reset-sandbox-is-another.md``.
    """
    with transaction.atomic():
        old = _lock(environment)
        if old.pk != environment.pk or _is_new(
            old
        ):  # another request was faster, or there is nothing to do
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
    """Whether nothing has happened in it: everything that does leaves an event."""
    left = (Event.objects, IdempotencyKey.objects)
    return not environment.clock_offset and not any(
        rows.filter(environment=environment).exists() for rows in left
    )


def _lock(environment: Environment) -> Environment:
    """The sandbox that is in use, its row locked: another than was asked for, if that was just
    reset. Raises NotASandbox.
    """
    if environment.is_live:
        raise NotASandbox
    rows = Environment.objects.select_related("partner").select_for_update(
        of=("self",), no_key=True
    )
    in_use = rows.filter(partner=environment.partner_id, mode=Mode.SANDBOX)
    return (
        in_use.first() or in_use.get()
    )  # a row that was retired while we waited is not seen; the next look finds it
