"""The oracle client against a misbehaving oracle: the exact reason of every refusal."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from urllib.parse import quote

import pytest
from django.db import transaction
from pytest_django.fixtures import Settings

from buyback.live import oracle as module
from buyback.live.oracle import Oracle, OraclePrice, PriceUnavailable, Reason
from config.peers.outbound import InsideTransaction
from tests.peers.oracle import OraclePeer

NOW = datetime(2026, 4, 18, 19, 5, 14, tzinfo=UTC)
ITEM = "v1|110586049456|0"
LAST = Decimal("100.00")
HASTY, PATIENT = 0.3, 20.0  # seconds: for faults that must time out, and for all others


@pytest.fixture
def peer() -> Iterator[OraclePeer]:
    with OraclePeer() as server:
        server.prices[ITEM] = "115.88"
        server.now = lambda: NOW
        yield server


@pytest.fixture
def oracle(peer: OraclePeer) -> Iterator[Oracle]:
    client = Oracle(peer.url, seconds=PATIENT)
    yield client
    client.close()


@pytest.fixture
def hasty(peer: OraclePeer) -> Iterator[Oracle]:
    client = Oracle(peer.url, seconds=HASTY)
    yield client
    client.close()


def reason(oracle: Oracle, *, last_fmv: Decimal = LAST, now: datetime = NOW) -> Reason:
    with pytest.raises(PriceUnavailable) as refused:
        oracle.fetch(item_id=ITEM, last_fmv=last_fmv, now=now)
    return refused.value.reason


def test_it_brings_the_price_and_its_time(oracle: Oracle, peer: OraclePeer) -> None:
    assert oracle.fetch(item_id=ITEM, last_fmv=LAST, now=NOW) == OraclePrice(Decimal("115.88"), NOW)
    assert peer.seen == ["GET /v1/prices/v1%7C110586049456%7C0"]


@pytest.mark.parametrize("item_id", ["a/b?c=d#e%2F", "ключ 1", "..", "x" * 500])
def test_it_requests_each_item_by_its_id(oracle: Oracle, peer: OraclePeer, item_id: str) -> None:
    peer.prices[item_id] = "115.88"
    assert oracle.fetch(item_id=item_id, last_fmv=LAST, now=NOW).fmv == Decimal("115.88")
    assert peer.seen == [f"GET /v1/prices/{quote(item_id, safe='')}"]


@pytest.mark.parametrize(
    ("said", "fmv"),
    [("82.125", "82.13"), ("82.1249999", "82.12"), ("115", "115.00"), ("0100.10", "100.10")],
)
def test_it_rounds_half_up_to_cents(oracle: Oracle, peer: OraclePeer, said: str, fmv: str) -> None:
    peer.prices[ITEM] = said
    assert str(oracle.fetch(item_id=ITEM, last_fmv=LAST, now=NOW).fmv) == fmv


def test_it_reads_a_json_number_without_a_float_between(oracle: Oracle, peer: OraclePeer) -> None:
    peer.prices[ITEM] = "70.13"
    peer.fault("number")
    assert str(oracle.fetch(item_id=ITEM, last_fmv=LAST, now=NOW).fmv) == "70.13"


@pytest.mark.parametrize(
    ("fault", "expected", "asked"),
    [
        ("drop", "unreachable", 2),
        ("reset", "unreachable", 2),
        ("500", "bad_status", 2),
        ("502", "bad_status", 2),
        ("redirect", "bad_status", 1),
        ("not_found", "bad_status", 1),
        ("garbage", "malformed", 1),
        ("not_json", "malformed", 1),
        ("truncated", "malformed", 1),
        ("cut_body", "malformed", 1),
        ("endless_body", "malformed", 1),
        ("endless_head", "malformed", 1),
        ("gzip", "malformed", 1),
        ("deep", "malformed", 1),
        ("empty", "malformed", 1),
        ("key_twice", "malformed", 1),
        ("wrong_item", "wrong_item", 1),
        ("wrong_currency", "wrong_currency", 1),
        ("stale", "stale", 1),
        ("from_future", "from_future", 1),
        ("no_zone", "malformed", 1),
        ("nan", "malformed", 1),
        ("nan_text", "malformed", 1),
        ("infinite", "malformed", 1),
        ("boolean", "malformed", 1),
        ("missing", "malformed", 1),
        ("negative", "not_positive", 1),
        ("zero", "not_positive", 1),
        ("dust", "not_positive", 1),
        ("huge", "out_of_bounds", 1),
        ("moved", "moved_too_far", 1),
    ],
)
def test_it_refuses_with_the_reason(
    oracle: Oracle, peer: OraclePeer, fault: str, expected: str, asked: int
) -> None:
    peer.fault(fault)
    assert reason(oracle) == expected
    assert len(peer.seen) == asked
    peer.fault(None)
    assert oracle.fetch(item_id=ITEM, last_fmv=LAST, now=NOW).fmv == Decimal("115.88")


@pytest.mark.parametrize("fault", ["hang", "dripping_body", "dripping_head"])
def test_it_is_cut_off_when_its_time_is_over(
    hasty: Oracle, oracle: Oracle, peer: OraclePeer, fault: str
) -> None:
    peer.fault(fault)
    assert reason(hasty) == "timeout"
    peer.fault(None)
    assert oracle.fetch(item_id=ITEM, last_fmv=LAST, now=NOW).fmv == Decimal("115.88")


@pytest.mark.parametrize("fault", ["hang", "dripping_body"])
def test_it_leaves_time_for_another_try(peer: OraclePeer, fault: str) -> None:
    oracle = Oracle(peer.url, seconds=1.5)
    peer.fault(fault, times=1)
    assert oracle.fetch(item_id=ITEM, last_fmv=LAST, now=NOW).fmv == Decimal("115.88")
    assert len(peer.seen) == 2
    oracle.close()


@pytest.mark.parametrize("fault", ["500", "drop", "reset"])
def test_it_tries_once_more(oracle: Oracle, peer: OraclePeer, fault: str) -> None:
    peer.fault(fault, times=1)
    assert oracle.fetch(item_id=ITEM, last_fmv=LAST, now=NOW).fmv == Decimal("115.88")
    assert len(peer.seen) == 2


def test_it_waits_for_a_slow_oracle(oracle: Oracle, peer: OraclePeer) -> None:
    peer.fault("slow", seconds=0.2)
    assert oracle.fetch(item_id=ITEM, last_fmv=LAST, now=NOW).fmv == Decimal("115.88")
    assert len(peer.seen) == 1


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("1e2", "malformed"),
        ("1_00", "malformed"),
        ("１００", "malformed"),
        (" 100", "malformed"),
        ("", "malformed"),
        ("9" * 31, "malformed"),
        ("9" * 30, "out_of_bounds"),
        ("999999999.995", "out_of_bounds"),
        ("-0", "not_positive"),
    ],
)
def test_it_refuses_a_price_that_is_no_plain_number(
    oracle: Oracle, peer: OraclePeer, said: str, expected: str
) -> None:
    peer.prices[ITEM] = said
    assert reason(oracle) == expected


@pytest.mark.parametrize("last", ["38.63", "347.64"])
def test_it_allows_a_move_up_to_the_factor(oracle: Oracle, last: str) -> None:
    assert oracle.fetch(item_id=ITEM, last_fmv=Decimal(last), now=NOW).fmv == Decimal("115.88")


@pytest.mark.parametrize("last", ["38.62", "347.65"])
def test_it_refuses_a_move_beyond_the_factor(oracle: Oracle, last: str) -> None:
    assert reason(oracle, last_fmv=Decimal(last)) == "moved_too_far"


def test_it_takes_a_price_of_exactly_the_greatest_age(oracle: Oracle) -> None:
    assert oracle.fetch(item_id=ITEM, last_fmv=LAST, now=NOW + timedelta(hours=1)).priced_at == NOW
    assert reason(oracle, now=NOW + timedelta(hours=1, microseconds=1)) == "stale"
    assert (
        oracle.fetch(item_id=ITEM, last_fmv=LAST, now=NOW - timedelta(seconds=60)).priced_at == NOW
    )
    assert reason(oracle, now=NOW - timedelta(seconds=61)) == "from_future"


def test_it_says_unreachable_when_no_server_listens() -> None:
    with OraclePeer() as gone:
        pass
    assert reason(Oracle(gone.url, seconds=PATIENT)) == "unreachable"


def test_it_says_unreachable_when_the_oracle_cannot_prove_who_it_is(peer: OraclePeer) -> None:
    assert reason(Oracle(peer.url.replace("http:", "https:"), seconds=PATIENT)) == "unreachable"
    assert peer.seen == []


def test_it_serves_many_threads_over_few_connections(oracle: Oracle, peer: OraclePeer) -> None:
    ids = [f"item-{number}" for number in range(200)]
    peer.prices |= {item_id: f"{100 + place}.00" for place, item_id in enumerate(ids)}
    with ThreadPoolExecutor(8) as threads:
        prices = threads.map(
            lambda one: oracle.fetch(item_id=one, last_fmv=Decimal(200), now=NOW).fmv, ids
        )
    assert list(prices) == [Decimal(100 + place) for place in range(200)]
    assert peer.connections <= 8


@pytest.mark.django_db(transaction=True)
def test_it_never_asks_inside_a_transaction(oracle: Oracle, peer: OraclePeer) -> None:
    with transaction.atomic(), pytest.raises(InsideTransaction):
        oracle.fetch(item_id=ITEM, last_fmv=LAST, now=NOW)
    assert peer.seen == []


@pytest.mark.django_db
def test_it_asks_inside_the_transaction_of_a_test_case(oracle: Oracle) -> None:
    assert oracle.fetch(item_id=ITEM, last_fmv=LAST, now=NOW).fmv == Decimal("115.88")


def test_it_follows_the_settings(settings: Settings, peer: OraclePeer) -> None:
    settings.ORACLE_URL, settings.ORACLE_MAX_MOVE = peer.url, 3
    assert module.fetch(item_id=ITEM, last_fmv=LAST, now=NOW).fmv == Decimal("115.88")
    settings.ORACLE_MAX_MOVE = 2
    with pytest.raises(PriceUnavailable, match="moved_too_far"):
        module.fetch(item_id=ITEM, last_fmv=Decimal(50), now=NOW)
    module._oracle.cache_clear()
