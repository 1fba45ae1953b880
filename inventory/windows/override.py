"""Extending or closing a sellback window by hand, with a reason.

A sellback reads the window under its own lock, so the change applies to the next one. Times are UTC
by the environment's clock.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from config.foundation import clock
from config.foundation.codes import Code
from config.foundation.errors import Refusal
from config.foundation.reasons import clean_reason
from inventory.models import Item
from partners.models import Event
from partners.records import audit, events
from partners.records.actor import Actor

LONGEST = timedelta(days=366)  # from now
INSTANT = timedelta(microseconds=1)  # the item still sells exactly at its deadline


class NotHeld(Refusal):
    """The item is being sold back, sold, or in a shipping order, so its window does not matter."""

    code = Code.NOT_HELD
    sentence = "Only the window of a held item can be changed."


class NotLater(Refusal):
    """The new deadline is not later, or too far in the future."""

    code = Code.DEADLINE_NOT_LATER
    sentence = (
        "The new deadline must be later than the current one, in the future, and at most "
        f"{LONGEST.days} days from now."
    )


class AlreadyClosed(Refusal):
    """The deadline has already passed."""

    code = Code.WINDOW_CLOSED
    sentence = "This window is already closed."


def extend_window(
    *, item: Item, closes_at: datetime, reason: str, by: Actor, now: datetime | None = None
) -> Item:
    """Set a later deadline, also for a closed window. Raises NotHeld, NotLater, ReasonRequired."""
    reason = clean_reason(reason)
    with transaction.atomic(durable=True):
        locked, moment = _locked(item, now)
        too_early = (
            locked.expires_at is None or closes_at <= locked.expires_at or closes_at <= moment
        )
        if too_early or closes_at > moment + LONGEST:
            raise NotLater
        return _change(locked, closes_at, reason, by, moment)


def close_window(*, item: Item, reason: str, by: Actor, now: datetime | None = None) -> Item:
    """Close the window now. Raises NotHeld, AlreadyClosed, ReasonRequired."""
    reason = clean_reason(reason)
    with transaction.atomic(durable=True):
        locked, moment = _locked(item, now)
        if not locked.window_is_open(moment):
            raise AlreadyClosed
        return _change(locked, moment - INSTANT, reason, by, moment)


def _locked(item: Item, now: datetime | None) -> tuple[Item, datetime]:
    """The held item, locked, and the time after locking. Waits for a sellback or a sweep.

    Raises NotHeld.
    """
    related = ("environment__partner", "collector", "pack")
    locked = (
        Item.objects.select_related(*related)
        .select_for_update(of=("self",), no_key=True)
        .get(pk=item.pk)
    )
    if locked.state != Item.State.HELD:
        raise NotHeld
    return locked, now or locked.environment.database_now()


def _change(item: Item, closes_at: datetime, reason: str, by: Actor, now: datetime) -> Item:
    """Write the change with its event and audit entry. The sweep reports the new window too."""
    fields = ("expires_at", "expired_at")
    before = audit.values(item, fields)
    item.expires_at, item.expired_at = closes_at, None
    item.save(update_fields=fields)
    payload = item.as_event() | {"buyback_expires_at": clock.iso_or_none(closes_at)}
    events.record(
        environment=item.environment, kind=Event.Type.ITEM_WINDOW_CHANGED, data=[payload], now=now
    )
    audit.record(
        actor=by,
        action="item.window_extended" if closes_at > now else "item.window_closed",
        target=item,
        partner=item.environment.partner,
        before=before,
        after=audit.values(item, fields) | {"reason": reason},
    )
    return item
