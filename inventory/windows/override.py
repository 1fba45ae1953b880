"""A sellback window that an admin extends or closes, with a reason: the one change of a held item
made by hand.

The sale reads the window under its own lock, so a closed one sells no more from that moment, and an
extended one does. Times are UTC by the environment's own clock.
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
INSTANT = timedelta(microseconds=1)  # the very time a window closes still sells


class NotHeld(Refusal):
    """The item is being sold, sold, or on its way: its window no longer matters."""

    code = Code.NOT_HELD
    sentence = "Only an item that its user holds has a window to change."


class NotLater(Refusal):
    """An extension that extends nothing, or too much."""

    code = Code.DEADLINE_NOT_LATER
    sentence = (
        "A window is extended to a later time than its own, in the future, at most "
        f"{LONGEST.days} days from now."
    )


class AlreadyClosed(Refusal):
    """The window has passed already."""

    code = Code.WINDOW_CLOSED
    sentence = "This window is closed already."


def extend_window(
    *, item: Item, closes_at: datetime, reason: str, by: Actor, now: datetime | None = None
) -> Item:
    """The item sells until ``closes_at``, also if its window had closed. Raises NotHeld, NotLater,
    ReasonRequired.
    """
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
    """The item sells no more from now on. Raises NotHeld, AlreadyClosed, ReasonRequired."""
    reason = clean_reason(reason)
    with transaction.atomic(durable=True):
        locked, moment = _locked(item, now)
        if not locked.window_is_open(moment):
            raise AlreadyClosed
        return _change(locked, moment - INSTANT, reason, by, moment)


def _locked(item: Item, now: datetime | None) -> tuple[Item, datetime]:
    """The item, held and locked, and the time after the lock. Waits for a sale or a sweep. Raises
    NotHeld.
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
    """Write, audit and tell. The sweep will say of the new window, too, that it has closed."""
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
