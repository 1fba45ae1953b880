"""The decision to forget a user: one transaction, or nothing."""

from __future__ import annotations

import re
import secrets
from datetime import timedelta

from django.db import connection, transaction

from config.foundation.codes import Code
from config.foundation.errors import Refusal
from config.foundation.reasons import clean_reason
from inventory.models import Collector, Item, ShippedItem, ShippingQuote
from inventory.models.shipping import ENDED
from inventory.shipping.retention import erased
from partners.models import Environment, ForgottenUser
from partners.records import audit
from partners.records.actor import Actor

PSEUDONYM = re.compile(r"forgotten-[0-9a-f]{32}")
INSTANT = timedelta(microseconds=1)
FIRST = "quotes"  # the first stage of ``traces``
# An offer for an item of the user. Quotes are deleted after a day, so there are few.
QUOTES = """
SELECT quote.id FROM inventory_shippingquote quote
 WHERE quote.environment_id = %s
   AND EXISTS (SELECT FROM unnest(quote.item_ids) AS offered (id)
                 JOIN inventory_item item ON item.id = offered.id
                WHERE item.collector_id = %s)
"""


class UserNotFound(Refusal):
    """The environment has never seen this user."""

    code = Code.NOT_FOUND
    sentence, status = "This environment has no such user.", 404


class AlreadyForgotten(Refusal):
    """The id is a pseudonym."""

    code = Code.ALREADY_FORGOTTEN
    sentence = "This user was already forgotten."


class StillForgetting(Refusal):
    """A user with the same id was forgotten and has come back, within minutes."""

    code = Code.STILL_FORGETTING
    sentence = "An earlier user with this id is still being forgotten; try again in 15 minutes."


class UserBusy(Refusal):
    """An open sellback or an order under way needs the id and the address."""

    code = Code.USER_BUSY
    sentence = "The user has an open sellback or an order under way; nothing was changed."


class ReasonNamesUser(Refusal):
    """The reason is stored permanently, so it must not contain the id."""

    code = Code.REASON_NAMES_USER
    sentence = "The reason must not contain the user's id, because it is stored permanently."


def find(environment: Environment, user_id: str) -> Collector:
    """The environment's user with this id. Raises UserNotFound."""
    found = Collector.objects.of(environment).called(user_id).first()
    if found is None:
        raise UserNotFound
    return found


def forget(*, collector: Collector, reason: str, by: Actor) -> ForgottenUser:
    """Replace the user's id by a pseudonym and end open quotes. ``traces`` erases the rest.

    The pseudonym is random: a digest could be found by trying ids. Raises ReasonRequired,
    ReasonNamesUser, AlreadyForgotten, StillForgetting and UserBusy; then nothing was changed.
    """
    reason = clean_reason(reason)
    with transaction.atomic():
        # Orders lock quotes, then items; sellbacks lock items, then the user. So quotes come first.
        end_quotes(collector)
        locked = (
            Collector.objects.select_related("environment__partner")
            .select_for_update(of=("self",))
            .get(pk=collector.pk)
        )
        old = locked.user_id
        if PSEUDONYM.fullmatch(old):
            raise AlreadyForgotten
        if re.search(rf"(?<!\w){re.escape(old)}(?!\w)", reason, re.IGNORECASE):
            raise ReasonNamesUser
        pending = ForgottenUser.objects.filter(
            environment=locked.environment, user_id=old, finished_at=None
        )
        if pending.exists():
            raise StillForgetting
        if _is_busy(locked):
            raise UserBusy
        locked.user_id = f"forgotten-{secrets.token_hex(16)}"
        locked.save(update_fields=["user_id"])
        forgotten = ForgottenUser.objects.create(
            environment=locked.environment, user_id=old, pseudonym=locked.user_id, stage=FIRST
        )
        # Without the old id: entries are never changed and have a digest in the chain, so the id
        # would stay for ever. The target's row leads to the items and the money.
        audit.record(
            actor=by,
            action="user.forgotten",
            target=locked,
            partner=locked.environment.partner,
            after={"pseudonym": locked.user_id, "reason": reason},
        )
    return forgotten


def end_quotes(collector: Collector) -> int:
    """Erase the address of every offer to the user, which is over then; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(QUOTES, [collector.environment_id, collector.pk])
        found = [pk for (pk,) in cursor.fetchall()]
    rows = ShippingQuote.objects.filter(pk__in=found).order_by("pk")
    # The earliest end that the database takes: no order can be placed with such a quote.
    locked = rows.select_for_update(no_key=True)
    quotes = [quote for quote in locked if quote.expires_at > quote.created_at + INSTANT]
    for quote in quotes:
        quote.destination = erased(quote.destination)
        quote.expires_at = quote.created_at + INSTANT
    ShippingQuote.objects.bulk_update(quotes, ["destination", "expires_at"])
    return len(quotes)


def _is_busy(collector: Collector) -> bool:
    """Whether a sellback is open or an order under way. The user's row is locked: none begins."""
    items = Item.objects.filter(collector=collector)
    if items.filter(state__in=(Item.State.SELLING, Item.State.SHIPPING)).exists():
        return True
    lines = ShippedItem.objects.filter(item__collector=collector, released=False)
    return lines.exclude(order__state__in=ENDED).exists()
