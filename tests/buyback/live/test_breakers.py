"""The circuit breaker: five failures open it; after a pause a response closes it again."""

from __future__ import annotations

import pytest
from django.db import transaction

from buyback.guards.alerts import open_breakers
from buyback.live import gateway
from buyback.live.gateway import TransactionOpen
from buyback.models import Alert, Buyback
from buyback.sellback.sell_back import sell_back
from config.peers.breaker import MAX_FAILURES, REST, Breaker
from inventory.models import Item
from partners.records.actor import SYSTEM
from tests.buyback.live.shop import (
    BELOW,
    EXPIRED,
    FAILED,
    NOT_FOUND,
    SETTLED,
    SOLD,
    UNKNOWN,
    UNTOUCHED,
    Shop,
    calls,
    later,
    rows,
)


class Clock:
    """Seconds, set by the test."""

    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> Breaker:
    return Breaker(clock)


def failures(breaker: Breaker, number: int) -> None:
    for _ in range(number):
        breaker.count(answered=False)


def test_it_opens_after_five_failures_in_a_row(breaker: Breaker) -> None:
    failures(breaker, MAX_FAILURES - 1)
    assert not breaker.is_open()
    breaker.count(answered=True)
    failures(breaker, MAX_FAILURES - 1)
    assert not breaker.is_open()
    failures(breaker, 1)
    assert breaker.is_open()


def test_it_rests_for_30_seconds(breaker: Breaker, clock: Clock) -> None:
    failures(breaker, MAX_FAILURES)
    clock.seconds = REST - 0.001
    assert breaker.is_open()
    clock.seconds = REST
    assert [breaker.is_open() for _ in range(3)] == [False] * 3


def test_it_closes_when_a_try_is_answered(breaker: Breaker, clock: Clock) -> None:
    failures(breaker, MAX_FAILURES)
    clock.seconds = REST
    breaker.count(answered=True)
    failures(breaker, MAX_FAILURES - 1)
    assert not breaker.is_open()


def test_it_rests_again_after_the_first_try_that_is_not_answered(
    breaker: Breaker, clock: Clock
) -> None:
    failures(breaker, MAX_FAILURES)
    clock.seconds = REST
    failures(breaker, 1)
    clock.seconds = 2 * REST - 0.001
    assert breaker.is_open()
    clock.seconds = 2 * REST
    assert not breaker.is_open()


@pytest.fixture
def open_breaker(monkeypatch: pytest.MonkeyPatch, breaker: Breaker) -> Breaker:
    """The treasury's breaker, open."""
    monkeypatch.setattr("buyback.live.breakers.TREASURY", breaker)
    failures(breaker, MAX_FAILURES)
    return breaker


def test_it_says_what_is_wrong_with_the_item_even_while_open(
    shop: Shop, open_breaker: Breaker
) -> None:
    expired, held = shop.item(expires_at=later(seconds=-1)), shop.item()
    assert [shop.sale("nothing"), shop.sale(expired), shop.sale(held)] == [
        NOT_FOUND,
        EXPIRED,
        FAILED,
    ]
    assert not Buyback.objects.exists()
    assert (shop.oracle.seen, shop.treasury.seen) == ([], [])


def test_it_is_tried_by_the_first_request_that_asks(
    shop: Shop, open_breaker: Breaker, clock: Clock
) -> None:
    """Requests refused before any call do not use up the trial call."""
    item = shop.item()
    clock.seconds = REST
    assert shop.sale("nothing") == NOT_FOUND
    assert shop.sale(item, min_amount=71) == BELOW
    assert open_breaker.failures == MAX_FAILURES
    assert shop.sale(item) == SOLD
    assert open_breaker.failures == 0


def alerted_peers() -> list[str]:
    """The peers that alerts were raised for."""
    opened = Alert.objects.filter(kind=Alert.Kind.BREAKER_OPENED)
    return list(opened.values_list("subject", flat=True))


def test_it_stops_selling_while_the_treasury_does_not_respond(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, breaker: Breaker, clock: Clock
) -> None:
    monkeypatch.setattr("buyback.live.breakers.TREASURY", breaker)
    items = [shop.item() for _ in range(MAX_FAILURES + 1)]
    shop.treasury.fault("500_after")
    assert [shop.sale(item) for item in items[:-1]] == [UNKNOWN] * MAX_FAILURES
    assert shop.sale(items[-1]) == FAILED
    assert rows(items[-1]).buyback is UNTOUCHED.buyback
    assert (len(shop.oracle.seen), len(shop.treasury.seen)) == (MAX_FAILURES, MAX_FAILURES)
    assert (alerted_peers(), open_breakers()) == (["treasury"], ["treasury"])
    shop.treasury.fault(None)
    clock.seconds = REST
    assert shop.sale(items[-1]) == SOLD
    assert not breaker.is_open()


def test_it_stops_selling_while_the_oracle_does_not_respond(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, breaker: Breaker, clock: Clock
) -> None:
    monkeypatch.setattr("buyback.live.breakers.ORACLE", breaker)
    item = shop.item()
    shop.oracle.fault("500")
    assert [shop.sale(item) for _ in range(MAX_FAILURES + 1)] == [FAILED] * (MAX_FAILURES + 1)
    assert calls(shop.oracle) == ["GET"] * 2 * MAX_FAILURES
    assert alerted_peers() == ["oracle"]
    shop.oracle.fault(None)
    clock.seconds = REST
    assert shop.sale(item) == SOLD
    assert rows(item).moves == SETTLED.moves


@pytest.mark.parametrize(
    "fault", ["stale", "wrong_item", "garbage", "moved", "not_found", "redirect"]
)
def test_it_does_not_count_invalid_prices_as_failures(shop: Shop, fault: str) -> None:
    """The oracle responds; each invalid price is refused by itself."""
    item = shop.item()
    shop.oracle.fault(fault, times=MAX_FAILURES + 1)
    assert [shop.sale(item) for _ in range(MAX_FAILURES + 1)] == [FAILED] * (MAX_FAILURES + 1)
    assert shop.sale(item) == SOLD


def test_it_does_not_count_a_treasury_that_declines(shop: Shop) -> None:
    item = shop.item()
    shop.treasury.fault("decline", times=MAX_FAILURES + 1)
    assert [shop.sale(item) for _ in range(MAX_FAILURES + 1)] == [FAILED] * (MAX_FAILURES + 1)
    assert shop.sale(item) == SOLD


def test_it_refuses_to_sell_inside_a_transaction_before_any_call(shop: Shop) -> None:
    item = shop.item()
    with pytest.raises(TransactionOpen), transaction.atomic():
        sell_back(environment=item.environment, item_id=item.public_id, by=SYSTEM)
    assert rows(item) == UNTOUCHED
    assert (shop.oracle.seen, shop.treasury.seen) == ([], [])


def test_it_calls_no_peer_inside_a_transaction(shop: Shop) -> None:
    item = Item.objects.select_related("card", "purchase").get(pk=shop.item().pk)
    with pytest.raises(TransactionOpen), transaction.atomic():
        gateway.price(item, item.purchased_at)
    assert shop.oracle.seen == []
