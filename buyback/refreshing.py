"""Keeping shown prices current: asks the oracle about held cards, the longest unpriced first, in batches."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db.models import Exists, OuterRef

from buyback import oracle
from buyback.outside import refuse_in_transaction
from config import clock
from inventory.models import Card, Item
from partners.models import Mode

BATCH = 200


def refresh_prices(*, now: datetime | None = None, batch: int = BATCH) -> int:
    """Re-price up to ``batch`` cards that live users hold; returns how many prices were brought up to date.

    A price that cannot be trusted changes nothing: the sale will ask again, and refuse by itself. Nothing without an
    oracle.
    """
    if not settings.ORACLE_URL:
        return 0
    refuse_in_transaction()
    moment = now or clock.now()
    held = Item.objects.filter(card=OuterRef("pk"), mode=Mode.LIVE, state=Item.State.HELD)
    due = Card.objects.filter(Exists(held)).order_by("priced_at")[:batch]
    return sum(_refresh(card, moment) for card in due)


def _refresh(card: Card, now: datetime) -> int:
    """Bring one card's price up to date, unless somebody was quicker; whether it was."""
    try:
        quoted = oracle.fetch(item_id=card.public_id, last_fmv=card.fmv, now=now)
    except oracle.PriceUnavailable:
        return 0
    newer = Card.objects.filter(pk=card.pk, priced_at__lt=quoted.priced_at)
    return newer.update(fmv=quoted.fmv, priced_at=quoted.priced_at)
