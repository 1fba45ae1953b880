"""The refresh of shown prices: only newer, reliable prices, each card in turn, in batches."""

from __future__ import annotations

import itertools
import threading
from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import unquote

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.db import transaction
from pytest_django.fixtures import Settings
from structlog.testing import capture_logs

from buyback.live import price_refresh
from buyback.live.gateway import TransactionOpen
from buyback.live.price_refresh import AT_ONCE, refresh_prices
from buyback.tasks import refresh_prices as task
from config.celery import app
from config.foundation import clock
from config.foundation.single_run import single_run
from inventory.models import Card, Item
from tests.buyback.live.shop import Shop, later
from tests.peers.server import Request
from tests.world import make_card, make_item


def known(card: Card) -> tuple[Decimal, object]:
    card.refresh_from_db()
    return card.fmv, card.priced_at


def held(shop: Shop, *, hours_ago: int = 2) -> Item:
    return shop.item(card=make_card(priced_at=later(hours=-hours_ago)))


def test_it_brings_prices_up_to_date(shop: Shop) -> None:
    item, now = held(shop), clock.now()
    shop.oracle.prices[item.public_id] = "90.005"
    shop.oracle.now = lambda: now.replace(microsecond=0)
    assert refresh_prices() == 1
    assert known(item.card) == (Decimal("90.01"), now.replace(microsecond=0))


@pytest.mark.parametrize(
    "fault", ["stale", "from_future", "moved", "zero", "wrong_item", "garbage", "500", "drop"]
)
def test_it_changes_nothing_by_a_price_it_cannot_trust(shop: Shop, fault: str) -> None:
    item = held(shop)
    before = known(item.card)
    shop.oracle.fault(fault)
    assert refresh_prices() == 0
    assert known(item.card) == before


@pytest.mark.parametrize("newer", [timedelta(0), timedelta(minutes=5)])
def test_it_keeps_a_price_that_is_not_older(shop: Shop, newer: timedelta) -> None:
    item, moment = shop.item(), clock.now().replace(microsecond=0)
    Card.objects.filter(pk=item.card_id).update(priced_at=moment + newer)
    shop.oracle.now = lambda: moment
    shop.oracle.prices[item.public_id] = "99.00"
    assert refresh_prices() == 0
    assert known(item.card) == (Decimal("82.50"), moment + newer)


def test_it_asks_for_each_in_turn_and_for_no_more_than_a_batch(shop: Shop) -> None:
    names = [held(shop, hours_ago=hours).public_id for hours in (3, 9, 5)]
    assert [refresh_prices(batch=2) for _ in range(3)] == [2, 1, 2]
    asked = [unquote(line.rpartition("/")[2]) for line in shop.oracle.seen]
    # A batch requests its cards in parallel.
    assert (sorted(asked[:2]), asked[2], sorted(asked[3:])) == (
        sorted(names[:2]),
        names[2],
        sorted(names[:2]),
    )


@pytest.mark.parametrize("fault", ["stale", "not_found"])
def test_it_reaches_every_card_despite_failing_ones(shop: Shop, fault: str) -> None:
    """Cards without a reliable price would otherwise fill every batch."""
    for hours in (9, 8, 7):
        held(shop, hours_ago=hours)
    shop.oracle.fault(fault, times=2)
    assert [refresh_prices(batch=2), refresh_prices(batch=2)] == [0, 1]


def test_it_ends_its_batch_when_the_oracle_does_not_respond_and_continues_there(shop: Shop) -> None:
    items = [held(shop) for _ in range(2 * AT_ONCE + 2)]
    shop.oracle.fault("500")
    with capture_logs() as logs:
        assert refresh_prices() == 0
    assert (
        len(shop.oracle.seen) == 2 * 2 * AT_ONCE
    )  # the fifth failure is in the second group; each is tried twice
    facts = {
        "asked": 2 * AT_ONCE,
        "of": len(items),
        "place": items[2 * AT_ONCE].card_id,
        "failures": 2 * AT_ONCE,
    }
    assert logs[-1] == {"event": "refresh_ended_early", "log_level": "warning"} | facts
    shop.oracle.fault(None)
    assert refresh_prices() == 2


def test_it_ends_its_batch_in_time_and_goes_on_from_there_with_a_slow_oracle(shop: Shop) -> None:
    """Each clock reading is 20 seconds later: two groups, then the rest in the next batch."""
    items, seconds = [held(shop) for _ in range(4 * AT_ONCE)], itertools.count(0, 20)
    shop.oracle.fault("slow", seconds=0.01)
    with capture_logs() as logs:
        assert refresh_prices(ticks=lambda: next(seconds)) == 2 * AT_ONCE
    assert [(one["asked"], one["place"]) for one in logs] == [
        (2 * AT_ONCE, items[2 * AT_ONCE].card_id)
    ]
    assert refresh_prices() == 2 * AT_ONCE
    assert len(shop.oracle.seen) == len(items)


def test_it_continues_an_interrupted_batch(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker is stopped during the second group."""
    for _ in range(2 * AT_ONCE):
        held(shop)
    real, groups = price_refresh._ask, itertools.count(1)

    def ask(*given: Any) -> Any:
        if next(groups) == 2:
            raise SoftTimeLimitExceeded
        return real(*given)

    monkeypatch.setattr(price_refresh, "_ask", ask)
    with pytest.raises(SoftTimeLimitExceeded):
        refresh_prices()
    assert len(shop.oracle.seen) == AT_ONCE
    assert refresh_prices() == AT_ONCE
    assert len(shop.oracle.seen) == 2 * AT_ONCE


def test_it_asks_about_a_few_cards_together(shop: Shop) -> None:
    """The oracle responds only after this many requests have arrived."""
    for _ in range(AT_ONCE):
        held(shop)
    line, respond = threading.Barrier(AT_ONCE), shop.oracle.respond

    def answer(request: Request) -> None:
        line.wait(timeout=15)
        respond(request)

    shop.oracle.respond = answer  # type: ignore[method-assign]
    assert refresh_prices() == AT_ONCE


@pytest.mark.parametrize(("cards", "age", "share"), [(2, 3600, 200), (2, 1, 240), (3, 1, 360)])
def test_it_asks_about_all_twice_while_a_price_may_be_shown(
    shop: Shop, settings: Settings, cards: int, age: int, share: int
) -> None:
    for _ in range(cards):
        held(shop)
    settings.ORACLE_MAX_AGE = age
    assert price_refresh._share() == share


def test_it_counts_on_the_interval_of_the_clock() -> None:
    assert app.conf.beat_schedule["refresh prices"]["schedule"] == price_refresh.EVERY
    assert price_refresh.LONGEST + price_refresh.LAST <= price_refresh.EVERY


def test_it_makes_one_batch_at_a_time(shop: Shop) -> None:
    held(shop)
    with single_run("refresh_prices", seconds=60):
        assert refresh_prices() == 0
    assert shop.oracle.seen == []
    assert refresh_prices() == 1


def test_it_goes_on_after_a_price_it_cannot_trust(shop: Shop) -> None:
    for hours in (9, 5):
        held(shop, hours_ago=hours)
    shop.oracle.fault("not_found", times=1)
    assert refresh_prices() == 1


def test_it_prices_only_what_live_users_hold(shop: Shop) -> None:
    make_item(shop.world.northwind.sandbox, now=clock.now(), card=make_card())
    shop.item(state="shipped")
    make_card()
    assert refresh_prices() == 0
    assert shop.oracle.seen == []


def test_it_does_nothing_without_an_oracle(shop: Shop, settings: Settings) -> None:
    held(shop)
    settings.ORACLE_URL = ""
    assert task() == 0
    assert shop.oracle.seen == []


def test_it_refuses_to_run_inside_a_transaction(shop: Shop) -> None:
    held(shop)
    with pytest.raises(TransactionOpen), transaction.atomic():
        refresh_prices()
    assert shop.oracle.seen == []
