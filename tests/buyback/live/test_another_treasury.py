"""A sellback belongs to the treasury it was submitted to: no other is called about it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from pytest_django.fixtures import Settings

from buyback.live import gateway, steps, treasury
from buyback.models import Buyback
from inventory.models import Item
from tests.buyback.live.conftest import KEY
from tests.buyback.live.shop import (
    ACTIVE,
    PRICE,
    SETTLED,
    SOLD,
    UNKNOWN,
    Shop,
    later,
    reconciled,
    rows,
    unresolved,
)
from tests.peers.treasury import TreasuryPeer

ELSEWHERE = "treasury: it was submitted to another treasury than TREASURY_URL names now"


@pytest.fixture
def other() -> Iterator[TreasuryPeer]:
    """Another treasury, which does not know the first one's payments."""
    with TreasuryPeer(key=KEY) as peer:
        yield peer


def left_open(shop: Shop) -> Item:
    """An item whose sellback was paid without a response."""
    item = shop.item()
    shop.treasury.fault("drop_after", times=1)
    assert shop.sale(item) == UNKNOWN
    return item


def test_it_waits_for_the_treasury_that_was_asked(
    shop: Shop, other: TreasuryPeer, settings: Settings
) -> None:
    item = left_open(shop)
    settings.TREASURY_URL = other.url
    assert not reconciled(item)
    assert rows(item) == unresolved(ELSEWHERE)
    assert shop.sale(item) == ACTIVE
    assert other.seen == []
    settings.TREASURY_URL = shop.treasury.url
    assert reconciled(item, now=later(minutes=2))
    assert rows(item) == SETTLED
    assert (list(shop.treasury.paid().values()), other.payments) == ([PRICE], [])


def test_it_submits_to_no_other_treasury_either(
    shop: Shop, other: TreasuryPeer, settings: Settings
) -> None:
    """The request's own payment, when the address changes between claim and payment."""
    item = left_open(shop)
    attempt = steps.load(Buyback.objects.get().pk)
    settings.TREASURY_URL = other.url
    assert gateway.pay(attempt, PRICE) == treasury.Unknown(treasury.Why.SENT_ELSEWHERE)
    settings.TREASURY_URL = ""
    assert gateway.pay(attempt, PRICE) == treasury.Unknown(treasury.Why.SENT_ELSEWHERE)
    assert other.seen == []
    assert rows(item) == unresolved("treasury: unreachable")


def test_it_sends_to_review_when_no_treasury_can_be_asked_in_time(
    shop: Shop, other: TreasuryPeer, settings: Settings
) -> None:
    item = left_open(shop)
    settings.TREASURY_URL = other.url
    assert not reconciled(
        item, now=later(seconds=settings.TREASURY_RETENTION) - timedelta(minutes=59)
    )
    assert rows(item) == unresolved(f"past the retention; {ELSEWHERE}", "review", "sale_in_review")
    assert other.seen == []


def test_it_sells_at_the_new_treasury_what_is_sold_from_now_on(
    shop: Shop, other: TreasuryPeer, settings: Settings
) -> None:
    left_open(shop)
    settings.TREASURY_URL = other.url
    item = shop.item()
    assert shop.sale(item) == SOLD
    sale = Buyback.objects.get(item=item)
    assert (sale.treasury, other.paid()) == (
        other.url.removeprefix("http://"),
        {sale.reference: PRICE},
    )


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("", ""),
        ("https://pay.example.com", "pay.example.com"),
        ("http://PAY.example.com:9002/v2", "pay.example.com:9002/v2"),
    ],
)
def test_it_names_a_treasury_by_its_address(settings: Settings, url: str, name: str) -> None:
    settings.TREASURY_URL = url
    assert treasury.name() == name


def test_it_asks_the_same_treasury_by_its_one_reference(shop: Shop) -> None:
    """The reference follows from the pull and its submissions, so it survives a restore."""
    item = shop.item()
    shop.treasury.fault("decline", times=1)
    shop.sale(item)
    shop.oracle.fault("stale", times=1)
    shop.sale(item)  # not submitted, so it does not count
    assert shop.sale(item) == SOLD
    references = list(Buyback.objects.order_by("created_at").values_list("reference", flat=True))
    expected = [steps.reference_of(item, number) for number in (1, 2)]
    assert references == [expected[0], "", expected[1]]
