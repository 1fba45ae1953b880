"""Offers: the price shown for one item, valid for a minute, signed in the sell form.

Its token is the form's idempotency key: sent twice, or again after a lost response, the form gets
the first outcome. An expired offer only prevents the start of a sellback.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import uuid4

from django.core import signing
from django.utils.translation import gettext_noop

from buyback.sellback.sell_back import POLICY, sell_back
from config.foundation.codes import Code
from config.foundation.errors import Refusal
from inventory.models import Item
from partners.records import idempotency
from partners.records.actor import Actor

SALT = "dashboard.offer"
LIFETIME = timedelta(seconds=60)


class OfferLapsed(Refusal):
    """The offer has expired before the sellback started."""

    code = Code.OFFER_LAPSED
    sentence, status = gettext_noop("The offer has expired"), 422


@dataclass(frozen=True)
class Offer:
    """``amount`` (USD) for the item's row, until ``until``, by the environment's clock."""

    item: int
    amount: Decimal
    until: datetime
    token: str

    @classmethod
    def of(cls, item: Item, amount: Decimal, now: datetime) -> Offer:
        """A new offer, made now."""
        return cls(item.pk, amount, now + LIFETIME, str(uuid4()))

    @property
    def signed(self) -> str:
        """The offer as the form's value."""
        return signing.dumps(
            [self.item, str(self.amount), self.until.isoformat(), self.token], salt=SALT
        )

    @property
    def seconds(self) -> int:
        """How long an offer is valid."""
        return int(LIFETIME.total_seconds())


def read(text: str, item: Item) -> Offer | None:
    """The offer of this item in a form; None if invalid."""
    try:
        pk, amount, until, token = signing.loads(text, salt=SALT)
    except signing.BadSignature:
        return None
    return (
        Offer(pk, Decimal(amount), datetime.fromisoformat(until), token) if pk == item.pk else None
    )


def accept(offer: Offer, item: Item, *, by: Actor, now: datetime) -> None:
    """Sell back ``item`` at the offer's amount, once for each offer.

    Raises OfferLapsed, and what ``sell_back`` and ``idempotency.turn`` raise.
    """
    with idempotency.turn(
        environment=item.environment,
        key=f"dashboard {offer.token}",
        fingerprint=idempotency.fingerprint("dashboard", {"item": offer.item}),
        policy=POLICY,
    ) as turn:
        if turn.stored:
            return
        if now > offer.until and turn.subject is None:
            raise OfferLapsed
        sell_back(
            environment=item.environment,
            item_id=item.public_id,
            item_pk=item.pk,
            by=by,
            expected_amount=offer.amount,
            turn=turn,
        )
