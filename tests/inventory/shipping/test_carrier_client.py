"""The carrier client against a misbehaving carrier: the exact reason of every refusal."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest
from django.db import transaction

from config.peers.outbound import InsideTransaction
from inventory.shipping.carrier import Carrier, RatesUnavailable, Reason
from inventory.shipping.rates import Rate
from tests.peers.carrier import CarrierPeer
from tests.shipments import ADDRESS

HASTY, PATIENT = 0.3, 20.0  # seconds: for faults that must time out, and for all others
GROUND = Rate("ground", "Parcel Co", "Ground", Decimal("5.10"), (2, 5), insured=False)


@pytest.fixture
def peer() -> Iterator[CarrierPeer]:
    with CarrierPeer() as server:
        yield server


@pytest.fixture
def carrier(peer: CarrierPeer) -> Iterator[Carrier]:
    client = Carrier(peer.url, seconds=PATIENT)
    yield client
    client.close()


def ask(carrier: Carrier) -> list[Rate]:
    return carrier.rates(quote="quote_01", destination=ADDRESS, items=1, value=Decimal("82.50"))


def reason(carrier: Carrier) -> Reason:
    with pytest.raises(RatesUnavailable) as refused:
        ask(carrier)
    return refused.value.reason


def test_it_brings_the_rates_and_tells_no_more_than_they_need(
    carrier: Carrier, peer: CarrierPeer
) -> None:
    insured = Rate(
        "insured", "Parcel Co", "Ground, insured", Decimal("18.45"), (2, 5), insured=True
    )
    assert ask(carrier) == [GROUND, insured]
    there = {"city": "Mountain View", "state": "CA", "postal_code": "94043", "country": "US"}
    question = {
        "quote": "quote_01",
        "destination": there,
        "items": 1,
        "grams": 150,
        "value": "82.50",
        "currency": "USD",
    }
    assert peer.asked == [question]


def test_it_reads_a_json_number_without_a_float_between(
    carrier: Carrier, peer: CarrierPeer
) -> None:
    peer.fault("number")
    assert str(ask(carrier)[0].amount) == "5.10"


@pytest.mark.parametrize(
    ("fault", "expected"),
    {
        **dict.fromkeys(("drop", "reset"), "unreachable"),
        **dict.fromkeys(("500", "502", "redirect", "not_found"), "bad_status"),
        **dict.fromkeys(
            ("garbage", "not_json", "truncated", "cut_body", "endless_body", "endless_head"),
            "malformed",
        ),
        **dict.fromkeys(("gzip", "deep", "empty", "key_twice"), "malformed"),
        **dict.fromkeys(
            ("no_rates", "rates_missing", "too_many", "one_twice", "no_object"), "malformed"
        ),
        **dict.fromkeys(
            ("bad_key", "no_key", "no_carrier", "long_service", "odd_service"), "malformed"
        ),
        **dict.fromkeys(
            ("nan_text", "negative", "fraction", "boolean", "missing", "insured_maybe"), "malformed"
        ),
        **dict.fromkeys(
            ("back_in_time", "half_a_day", "a_year_and_more", "days_as_text"), "malformed"
        ),
        **dict.fromkeys(("free", "huge"), "out_of_bounds"),
        "wrong_quote": "wrong_quote",
        "wrong_currency": "wrong_currency",
    }.items(),
)
def test_it_refuses_with_the_reason(
    carrier: Carrier, peer: CarrierPeer, fault: str, expected: str
) -> None:
    peer.fault(fault)
    assert reason(carrier) == expected
    assert len(peer.asked) == 1
    peer.fault(None)
    assert ask(carrier)[0] == GROUND


@pytest.mark.parametrize("fault", ["hang", "dripping_body"])
def test_it_is_cut_off_when_its_time_is_over(peer: CarrierPeer, fault: str) -> None:
    hasty = Carrier(peer.url, seconds=HASTY)
    peer.fault(fault)
    assert reason(hasty) == "timeout"
    hasty.close()


def test_it_takes_the_most_that_a_rate_may_be(carrier: Carrier, peer: CarrierPeer) -> None:
    usual = {
        "carrier": "C",
        "service": "S",
        "estimated_days_min": 0,
        "estimated_days_max": 365,
        "insured": False,
    }
    peer.rates = [usual | {"key": "k", "amount": "1000.00"}]
    assert ask(carrier) == [Rate("k", "C", "S", Decimal(1000), (0, 365), insured=False)]


@pytest.mark.django_db(transaction=True)
def test_it_never_asks_inside_a_transaction(carrier: Carrier, peer: CarrierPeer) -> None:
    with transaction.atomic(), pytest.raises(InsideTransaction):
        ask(carrier)
    assert peer.asked == []
