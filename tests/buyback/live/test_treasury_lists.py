"""The treasury client's balance and list of payments: what counts as an answer, and its pages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from buyback.live.treasury import (
    MAX_PAGE,
    PAGE,
    Balance,
    NotFound,
    Page,
    Payment,
    Treasury,
    Unknown,
    Why,
)
from tests.buyback.live.shop import HASTY, PATIENT
from tests.peers.treasury import BALANCES, LISTS, ROWS, TreasuryPeer

KEY = "the treasury's key in these tests alone"
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
PAID = Payment("bb-1", Decimal("98.50"), "USD")
FORGED = ["unsigned", "bad_signature", "replayed", "echoed", "not_json", "empty", "truncated"]


@pytest.fixture
def peer() -> Iterator[TreasuryPeer]:
    with TreasuryPeer(key=KEY) as server:
        server.balance = "123456.78"
        yield server


@pytest.fixture
def treasury(peer: TreasuryPeer) -> Iterator[Treasury]:
    client = Treasury(peer.url, key=KEY, seconds=PATIENT)
    pay(client)
    yield client
    client.close()


def pay(client: Treasury, reference: str = "bb-1") -> None:
    client.pay(reference=reference, amount=Decimal("98.50"), recipient="user-1")


def walk(client: Treasury, since: datetime = LONG_AGO) -> list[list[str]]:
    """The references of every page."""
    pages, after = [], ""
    while True:
        page = client.payouts(since=since, after=after)
        assert isinstance(page, Page)
        pages.append([payment.reference for payment in page.payments])
        if page.after is None:
            return pages
        after = page.after


def test_it_reads_the_balance(treasury: Treasury, peer: TreasuryPeer) -> None:
    assert treasury.balance() == Balance(Decimal("123456.78"))
    peer.balance = "-0.01"
    assert treasury.balance() == Balance(Decimal("-0.01"))
    peer.balance = None
    assert treasury.balance() == Balance(None)


@pytest.mark.parametrize("fault", BALANCES)
def test_it_takes_no_balance_that_cannot_be(
    treasury: Treasury, peer: TreasuryPeer, fault: str
) -> None:
    peer.fault(fault)
    assert treasury.balance() == Unknown(Why.MALFORMED)


@pytest.mark.parametrize("fault", FORGED)
def test_it_takes_nothing_unsigned(treasury: Treasury, peer: TreasuryPeer, fault: str) -> None:
    peer.fault(fault)
    assert treasury.balance() == Unknown(Why.NOT_SIGNED)
    assert treasury.payouts(since=LONG_AGO) == Unknown(Why.NOT_SIGNED)


def test_it_lists_what_was_paid(treasury: Treasury, peer: TreasuryPeer) -> None:
    peer.fault("decline", times=1)
    pay(treasury, "bb-2")
    assert treasury.payouts(since=LONG_AGO) == Page((PAID,), None)


def test_it_walks_over_pages_while_others_are_paid(treasury: Treasury, peer: TreasuryPeer) -> None:
    for number in range(2, 6):
        pay(treasury, f"bb-{number}")
    peer.page = 2
    first = treasury.payouts(since=LONG_AGO)
    pay(treasury, "bb-6")
    assert isinstance(first, Page)
    assert first.after == "2"
    assert walk(treasury) == [["bb-1", "bb-2"], ["bb-3", "bb-4"], ["bb-5", "bb-6"]]


def test_it_lists_from_a_time_on(treasury: Treasury, peer: TreasuryPeer) -> None:
    later = datetime.now(UTC) + timedelta(days=1)
    assert walk(treasury, later) == [[]]
    peer.now = lambda: later + timedelta(seconds=1)
    pay(treasury, "bb-2")
    assert walk(treasury, later) == [["bb-2"]]


def test_it_reads_a_whole_page_of_the_longest_references(
    treasury: Treasury, peer: TreasuryPeer
) -> None:
    long = [f"{number:0128d}" for number in range(PAGE)]
    first = peer.payments.pop()
    peer.payments += [
        replace(first, reference=name, amount=Decimal("999999999.99")) for name in long
    ]
    assert walk(treasury) == [long]


@pytest.mark.parametrize("fault", [*LISTS, *ROWS])
def test_it_takes_no_page_with_a_row_that_cannot_be(
    treasury: Treasury, peer: TreasuryPeer, fault: str
) -> None:
    peer.fault(fault)
    assert treasury.payouts(since=LONG_AGO) == Unknown(Why.MALFORMED)


def test_it_takes_no_page_that_leads_nowhere(treasury: Treasury, peer: TreasuryPeer) -> None:
    pay(treasury, "bb-2")
    pay(treasury, "bb-3")
    peer.page = 1
    assert isinstance(treasury.payouts(since=LONG_AGO, after="1"), Page)
    peer.lists = {"next": "1"}
    assert treasury.payouts(since=LONG_AGO, after="1") == Unknown(Why.MALFORMED)


def test_it_says_when_there_is_no_list_or_no_such_cursor(
    treasury: Treasury, peer: TreasuryPeer
) -> None:
    assert treasury.payouts(since=LONG_AGO, after="7") == NotFound()
    peer.has_list = False
    assert treasury.payouts(since=LONG_AGO) == NotFound()


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ("hang", Why.TIMEOUT),
        ("dripping_body", Why.TIMEOUT),
        ("reset", Why.UNREACHABLE),
        ("500", Why.BAD_STATUS),
        ("cut_body", Why.MALFORMED),
        ("endless_body", Why.MALFORMED),
        ("gzip", Why.MALFORMED),
    ],
)
def test_it_gives_up_on_a_broken_list(peer: TreasuryPeer, fault: str, why: Why) -> None:
    client = Treasury(peer.url, key=KEY, seconds=HASTY if why is Why.TIMEOUT else PATIENT)
    peer.fault(fault)
    assert client.payouts(since=LONG_AGO) == Unknown(why)
    assert client.balance() == Unknown(why)
    client.close()


def test_it_reads_no_more_than_a_page_may_have(treasury: Treasury, peer: TreasuryPeer) -> None:
    peer.lists = {"more": "x" * MAX_PAGE}
    assert treasury.payouts(since=LONG_AGO) == Unknown(Why.MALFORMED)
