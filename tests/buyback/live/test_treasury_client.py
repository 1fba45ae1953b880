"""The treasury client against a misbehaving treasury: exact outcomes and true payments."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from pytest_django.fixtures import Settings

from buyback.live import treasury as module
from buyback.live.treasury import (
    Declined,
    Differs,
    Mismatch,
    NotFound,
    Outcome,
    Paid,
    Treasury,
    Unknown,
    Why,
)
from config.peers.outbound import InsideTransaction
from tests.peers.treasury import TreasuryPeer

KEY = "the treasury's key in these tests alone"
AMOUNT = Decimal("98.50")
HASTY, PATIENT = 0.3, 20.0  # seconds: for faults that must time out, and for all others
PAID_ONCE = {"bb-1": AMOUNT}


@pytest.fixture
def peer() -> Iterator[TreasuryPeer]:
    with TreasuryPeer(key=KEY) as server:
        yield server


@pytest.fixture
def treasury(peer: TreasuryPeer) -> Iterator[Treasury]:
    client = Treasury(peer.url, key=KEY, seconds=PATIENT)
    yield client
    client.close()


@pytest.fixture
def hasty(peer: TreasuryPeer) -> Iterator[Treasury]:
    client = Treasury(peer.url, key=KEY, seconds=HASTY)
    yield client
    client.close()


def pay(treasury: Treasury, reference: str = "bb-1") -> Outcome:
    return treasury.pay(reference=reference, amount=AMOUNT, recipient="user-1")


def ask(treasury: Treasury, reference: str = "bb-1") -> Outcome:
    return treasury.ask(reference=reference, amount=AMOUNT)


def test_it_pays_once_however_often_it_is_asked(treasury: Treasury, peer: TreasuryPeer) -> None:
    assert [pay(treasury), pay(treasury), ask(treasury)] == [Paid(), Paid(), Paid()]
    assert peer.paid() == PAID_ONCE
    assert [payment.recipient for payment in peer.payments] == ["user-1"]


def test_it_reports_a_decline_with_its_reason(treasury: Treasury, peer: TreasuryPeer) -> None:
    peer.fault("decline", times=1)
    assert [pay(treasury), pay(treasury), ask(treasury)] == [Declined("insufficient funds")] * 3
    assert peer.paid() == {}


def test_it_reports_an_unknown_reference(treasury: Treasury) -> None:
    assert ask(treasury, "never-sent") == NotFound()


WIRE = [
    ("drop", Why.UNREACHABLE),
    ("reset", Why.UNREACHABLE),
    ("500", Why.BAD_STATUS),
    ("502", Why.BAD_STATUS),
    ("redirect", Why.BAD_STATUS),
    ("garbage", Why.MALFORMED),
    ("cut_body", Why.MALFORMED),
    ("endless_body", Why.MALFORMED),
    ("endless_head", Why.MALFORMED),
    ("gzip", Why.MALFORMED),
    ("deep", Why.NOT_SIGNED),
    ("empty", Why.NOT_SIGNED),
    ("not_found", Why.NOT_SIGNED),
    ("not_json", Why.NOT_SIGNED),
    ("truncated", Why.NOT_SIGNED),
    ("unsigned", Why.NOT_SIGNED),
    ("bad_signature", Why.NOT_SIGNED),
    ("echoed", Why.NOT_SIGNED),
    ("odd_status", Why.MALFORMED),
    ("amount_nan", Why.MALFORMED),
    ("amount_missing", Why.MALFORMED),
]


@pytest.mark.parametrize(("fault", "why"), WIRE)
def test_it_does_not_know_after_a_broken_answer(
    treasury: Treasury, peer: TreasuryPeer, fault: str, why: Why
) -> None:
    peer.fault(fault)
    assert pay(treasury) == Unknown(why)
    assert ask(treasury) == Unknown(why)
    peer.fault(None)
    assert ask(treasury) == Paid()
    assert peer.paid() == PAID_ONCE
    assert [line.split()[0] for line in peer.seen] == ["POST", "GET", "GET"]


def test_it_does_not_treat_a_new_payment_as_unknown(treasury: Treasury, peer: TreasuryPeer) -> None:
    peer.fault("denies", times=1)
    assert pay(treasury) == Unknown(Why.BAD_STATUS)
    assert ask(treasury) == Paid()
    assert peer.paid() == PAID_ONCE


@pytest.mark.parametrize("fault", ["hang", "dripping_body", "dripping_head"])
def test_it_is_cut_off_when_its_time_is_over(
    hasty: Treasury, treasury: Treasury, peer: TreasuryPeer, fault: str
) -> None:
    peer.fault(fault)
    assert pay(hasty) == Unknown(Why.TIMEOUT)
    assert ask(hasty) == Unknown(Why.TIMEOUT)
    peer.fault(None)
    assert ask(treasury) == Paid()
    assert peer.paid() == PAID_ONCE


@pytest.mark.parametrize(
    ("fault", "outcome"), [("hang_before", NotFound()), ("hang_after", Paid())]
)
def test_it_cannot_tell_whether_a_hanging_treasury_has_paid(
    hasty: Treasury, treasury: Treasury, peer: TreasuryPeer, fault: str, outcome: Outcome
) -> None:
    peer.fault(fault, times=1)
    assert pay(hasty) == Unknown(Why.TIMEOUT)
    assert ask(treasury) == outcome
    assert pay(treasury) == Paid()
    assert peer.paid() == PAID_ONCE


@pytest.mark.parametrize(
    ("fault", "why", "outcome"),
    [
        ("drop_before", Why.UNREACHABLE, NotFound()),
        ("500_before", Why.BAD_STATUS, NotFound()),
        ("drop_after", Why.UNREACHABLE, Paid()),
        ("500_after", Why.BAD_STATUS, Paid()),
    ],
)
def test_it_cannot_tell_before_from_after(
    treasury: Treasury, peer: TreasuryPeer, fault: str, why: Why, outcome: Outcome
) -> None:
    peer.fault(fault, times=1)
    assert pay(treasury) == Unknown(why)
    assert ask(treasury) == outcome
    assert pay(treasury) == Paid()
    assert peer.paid() == PAID_ONCE


def test_it_handles_a_late_request(treasury: Treasury, peer: TreasuryPeer) -> None:
    peer.fault("late", times=1, seconds=1)
    assert pay(treasury) == Unknown(Why.UNREACHABLE)
    assert ask(treasury) == NotFound()
    for thread in peer.waiting:
        thread.join()
    assert ask(treasury) == Paid()
    assert pay(treasury) == Paid()
    assert peer.paid() == PAID_ONCE


def test_it_is_not_paid_twice_by_a_resubmission_that_overtakes(
    hasty: Treasury, treasury: Treasury, peer: TreasuryPeer
) -> None:
    peer.fault("slow_before", times=1, seconds=30)
    assert pay(hasty) == Unknown(Why.TIMEOUT)
    assert pay(treasury) == Paid()
    peer.stop()  # wakes the first request and waits for it
    assert len(peer.seen) == 2
    assert len(peer.payments) == 1


@pytest.mark.parametrize(
    ("fault", "differs", "said"),
    [
        ("wrong_amount", Differs.AMOUNT, "98.51"),
        ("wrong_reference", Differs.REFERENCE, "another"),
        ("wrong_currency", Differs.CURRENCY, "EUR"),
    ],
)
def test_it_reports_an_answer_about_other_money(
    treasury: Treasury, peer: TreasuryPeer, fault: str, differs: Differs, said: str
) -> None:
    peer.fault(fault)
    assert pay(treasury) == Mismatch(differs, said)
    assert ask(treasury) == Mismatch(differs, said)


def test_it_reports_a_reference_that_was_paid_with_another_amount(
    treasury: Treasury, peer: TreasuryPeer
) -> None:
    pay(treasury)
    other = treasury.pay(reference="bb-1", amount=Decimal("98.51"), recipient="user-1")
    assert other == Mismatch(Differs.AMOUNT, "98.50")
    assert peer.paid() == PAID_ONCE


def test_it_does_not_take_the_answer_to_another_reference(
    treasury: Treasury, peer: TreasuryPeer
) -> None:
    peer.fault("decline", times=1)
    assert pay(treasury, "bb-2") == Declined("insufficient funds")
    peer.fault("replayed", times=1)
    assert pay(treasury) == Unknown(Why.NOT_SIGNED)


def test_it_does_not_take_an_old_answer_to_the_same_reference(
    treasury: Treasury, peer: TreasuryPeer
) -> None:
    assert ask(treasury) == NotFound()
    pay(treasury)
    assert ask(treasury) == Paid()
    peer.fault("replayed", times=1)
    assert ask(treasury) == Unknown(Why.NOT_SIGNED)


def test_it_pays_while_the_key_is_being_changed(peer: TreasuryPeer) -> None:
    """Both are listed; the first, which signs, is the one that the treasury has."""
    client = Treasury(peer.url, key=f"{KEY}, {'n' * 32}", seconds=PATIENT)
    assert pay(client) == Paid()
    client.close()
    assert peer.paid() == PAID_ONCE


def test_it_is_refused_with_another_key(peer: TreasuryPeer) -> None:
    treasury = Treasury(peer.url, key="another key, as long as the right one", seconds=PATIENT)
    assert pay(treasury) == Unknown(Why.BAD_STATUS)
    assert peer.paid() == {}
    treasury.close()


def test_it_is_unknown_when_the_treasury_is_down() -> None:
    with TreasuryPeer(key=KEY) as gone:
        pass
    assert pay(Treasury(gone.url, key=KEY, seconds=PATIENT)) == Unknown(Why.UNREACHABLE)


def test_it_finds_nothing_after_the_retention(treasury: Treasury, peer: TreasuryPeer) -> None:
    peer.retention = timedelta(days=30)
    pay(treasury)
    peer.now = lambda: datetime.now(UTC) + timedelta(days=31)
    assert ask(treasury) == NotFound()
    assert peer.paid() == PAID_ONCE


@pytest.mark.parametrize("amount", ["0", "-1", "98.505", "NaN", "Infinity", "1000000000"])
def test_it_sends_no_amount_that_cannot_be(
    treasury: Treasury, peer: TreasuryPeer, amount: str
) -> None:
    with pytest.raises(ValueError, match="is not an amount"):
        treasury.pay(reference="bb-1", amount=Decimal(amount), recipient="user-1")
    assert peer.seen == []


@pytest.mark.parametrize("reference", ["", "a/b", "a b", "é", "a\r\nX-Evil: 1", "x" * 129])
def test_it_sends_no_reference_that_cannot_be(
    treasury: Treasury, peer: TreasuryPeer, reference: str
) -> None:
    with pytest.raises(ValueError, match="not a settlement reference"):
        pay(treasury, reference)
    assert peer.seen == []


def test_it_pays_from_many_threads_over_few_connections(
    treasury: Treasury, peer: TreasuryPeer
) -> None:
    references = [f"bb-{number % 50}" for number in range(200)]
    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(lambda one: pay(treasury, one), references)) == {Paid()}
    assert peer.paid() == dict.fromkeys(references, AMOUNT)
    assert peer.connections <= 8


@pytest.mark.django_db(transaction=True)
def test_it_never_pays_inside_a_transaction(treasury: Treasury, peer: TreasuryPeer) -> None:
    with transaction.atomic(), pytest.raises(InsideTransaction):
        pay(treasury)
    assert peer.seen == []


def test_it_follows_the_settings(settings: Settings, peer: TreasuryPeer) -> None:
    settings.TREASURY_URL, settings.TREASURY_KEY, settings.TREASURY_TIMEOUT = peer.url, KEY, PATIENT
    assert module.pay(reference="bb-1", amount=AMOUNT, recipient="user-1") == Paid()
    assert module.ask(reference="bb-1", amount=AMOUNT) == Paid()
    module._treasury.cache_clear()
