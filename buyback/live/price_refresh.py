"""Refreshes the shown prices of held cards from the oracle, in batches.

Cards take turns, rather than the oldest price first: cards without a reliable price would always be
the oldest and fill every batch. The position is saved during a batch, so the next one continues
there.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import structlog
from django.conf import settings
from django.core.cache import cache
from django.db.models import Exists, OuterRef, QuerySet

from buyback.live import oracle
from buyback.live.gateway import refuse_in_transaction
from config.foundation import clock
from config.foundation.single_run import single_run
from inventory.models import Card, Item
from partners.models import Mode

LEAST, MOST = 200, 20_000  # cards of a batch
AT_ONCE = 4  # cards requested in parallel
EVERY = 60  # seconds between batches (config/celery.py)
LONGEST = 50.0  # seconds of a batch, after which it asks about no other card
LAST = 10.0  # seconds for requests that are running by then
PLACE = "refresh_prices.place"  # in the cache: the last card; if it is lost, the round restarts
PATIENCE = 5  # failed calls in a row that end the batch

log = structlog.get_logger(__name__)


def refresh_prices(
    *,
    now: datetime | None = None,
    batch: int | None = None,
    ticks: Callable[[], float] = time.monotonic,
) -> int:
    """Refresh up to ``batch`` cards that live users hold; returns how many prices changed.

    By default, a batch is large enough to refresh each card twice in ORACLE_MAX_AGE, if the oracle
    is fast enough. It ends after 50 seconds of ``ticks``, or when the oracle does not respond, with
    a log line. An unreliable price changes nothing: the sellback asks again and refuses by itself.
    Does nothing without an oracle.
    """
    if not settings.ORACLE_URL:
        return 0
    refuse_in_transaction()
    with single_run("refresh_prices", seconds=LONGEST + LAST) as ours:
        return _work_off(batch or _share(), now or clock.now(), ticks) if ours else 0


def _held() -> QuerySet[Card]:
    """Cards that live users hold."""
    held = Item.objects.filter(card=OuterRef("pk"), mode=Mode.LIVE, state=Item.State.HELD)
    return Card.objects.filter(Exists(held)).order_by("pk")


def _share() -> int:
    """The size of a batch, so that each card is refreshed twice in ORACLE_MAX_AGE."""
    return min(MOST, max(LEAST, -(-2 * EVERY * _held().count() // settings.ORACLE_MAX_AGE)))


def _work_off(batch: int, now: datetime, ticks: Callable[[], float]) -> int:
    until, refreshed, failures = ticks() + LONGEST, 0, 0
    due = list(_held().filter(pk__gt=cache.get(PLACE, 0))[:batch])
    with ThreadPoolExecutor(AT_ONCE) as threads:
        for begin in range(0, len(due), AT_ONCE):
            if failures >= PATIENCE or ticks() >= until:
                log.warning(
                    "refresh_ended_early",
                    asked=begin,
                    of=len(due),
                    place=due[begin].pk,
                    failures=failures,
                )
                return refreshed
            group = due[begin : begin + AT_ONCE]
            for card, answer in zip(group, _ask(threads, group, now), strict=True):
                passing = isinstance(answer, oracle.PriceUnavailable) and answer.passing
                failures = failures + 1 if passing else 0
                if isinstance(answer, oracle.OraclePrice):
                    refreshed += _show(card, answer)
            cache.set(PLACE, group[-1].pk, None)
    if len(due) < batch:
        cache.set(PLACE, 0, None)
    return refreshed


def _ask(
    threads: ThreadPoolExecutor, cards: Sequence[Card], now: datetime
) -> list[oracle.OraclePrice | oracle.PriceUnavailable]:
    """The oracle's price of each card, or the error. The threads use no database."""

    def ask(card: Card) -> oracle.OraclePrice | oracle.PriceUnavailable:
        try:
            return oracle.fetch(item_id=card.public_id, last_fmv=card.fmv, now=now)
        except oracle.PriceUnavailable as problem:
            return problem

    return list(threads.map(ask, cards))


def _show(card: Card, price: oracle.OraclePrice) -> int:
    """Update one card's price unless a newer one is stored; returns how many were updated."""
    newer = Card.objects.filter(pk=card.pk, priced_at__lt=price.priced_at)
    return newer.update(fmv=price.fmv, priced_at=price.priced_at)
