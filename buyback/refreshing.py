"""Keeping shown prices current: asks the oracle about held cards, one after the other, in batches.

In turn, and not the longest unpriced first: cards that the oracle has no trustworthy price for would stay the longest
unpriced for ever, and fill every batch.
"""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.core.cache import cache
from django.db.models import Exists, OuterRef

from buyback import oracle
from buyback.outside import refuse_in_transaction
from config import clock
from inventory.models import Card, Item
from partners.models import Mode

BATCH = 200
PLACE = "refresh_prices.place"  # in the cache: the last card asked about; lost, the turn begins anew
PATIENCE = 5  # silences in a row, after which this batch ends


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
    due = Card.objects.filter(Exists(held), pk__gt=cache.get(PLACE, 0)).order_by("pk")[:batch]
    refreshed = silences = asked = last = 0
    for card in due:
        try:
            refreshed += _refresh(card, moment)
            silences = 0
        except oracle.PriceUnavailable as problem:
            silences = silences + 1 if problem.passing else 0
        asked, last = asked + 1, card.pk
        if silences == PATIENCE:
            break
    more = asked == batch or silences == PATIENCE
    cache.set(PLACE, last if more else 0, None)
    return refreshed


def _refresh(card: Card, now: datetime) -> int:
    """Bring one card's price up to date, unless somebody was quicker; whether it was. Raises PriceUnavailable."""
    quoted = oracle.fetch(item_id=card.public_id, last_fmv=card.fmv, now=now)
    newer = Card.objects.filter(pk=card.pk, priced_at__lt=quoted.priced_at)
    return newer.update(fmv=quoted.fmv, priced_at=quoted.priced_at)
