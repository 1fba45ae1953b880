"""Every treasury fault: response, rows, reconciliation, and true payments."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from pytest_django.fixtures import Settings

from buyback.live.reconciler import reconcile_all
from buyback.models import Buyback
from tests.buyback.live.shop import (
    ACTIVE,
    FAILED,
    HASTY,
    PRICE,
    SETTLED,
    SOLD,
    UNKNOWN,
    Shop,
    arrived,
    calls,
    declined,
    later,
    reconciled,
    rows,
    unresolved,
)
from tests.buyback.live.test_treasury_client import WIRE


def paid(shop: Shop) -> list[Decimal]:
    """The payments that the treasury really made."""
    assert len(shop.treasury.payments) == len(shop.treasury.paid())  # no reference is paid twice
    return list(shop.treasury.paid().values())


def test_it_sells_for_the_oracles_price_and_pays_by_a_reference_of_its_own(shop: Shop) -> None:
    item = shop.item()
    assert shop.sale(item) == SOLD
    assert rows(item) == SETTLED
    payment, sold = shop.treasury.payments[0], Buyback.objects.get()
    assert (payment.reference, payment.amount) == (sold.reference, PRICE)
    assert payment.recipient == f"{item.environment.partner_id}:{item.collector.user_id}"
    assert (calls(shop.oracle), calls(shop.treasury)) == (["GET"], ["POST"])


def test_it_holds_the_item_again_when_the_treasury_declines(shop: Shop) -> None:
    item = shop.item()
    shop.treasury.fault("decline", times=1)
    assert shop.sale(item) == FAILED
    assert rows(item) == declined("declined: insufficient funds")
    assert paid(shop) == []
    assert shop.sale(item) == SOLD  # a new attempt has a new reference
    assert Buyback.objects.count() == 2
    assert paid(shop) == [PRICE]


@pytest.mark.parametrize(("fault", "why"), WIRE)
def test_it_waits_for_the_truth_after_a_broken_answer(shop: Shop, fault: str, why: str) -> None:
    item = shop.item()
    shop.treasury.fault(fault, times=1)
    assert shop.sale(item) == UNKNOWN
    assert rows(item) == unresolved(f"treasury: {why}")
    assert shop.sale(item) == ACTIVE
    assert rows(item) == unresolved(f"treasury: {why}")
    assert reconciled(item)
    assert rows(item) == SETTLED
    assert (paid(shop), calls(shop.treasury)) == ([PRICE], ["POST", "GET"])


# What the treasury did before it stopped responding: whether it has paid, and the reconciler's
# calls.
SILENT = [
    ("hang_after", "timeout", True),
    ("hang_before", "timeout", False),
    ("drop_after", "unreachable", True),
    ("drop_before", "unreachable", False),
    ("500_after", "bad_status", True),
    ("500_before", "bad_status", False),
    ("denies", "bad_status", True),
]


@pytest.mark.parametrize(("fault", "why", "has_paid"), SILENT)
def test_it_pays_once_whether_the_treasury_had_paid_or_not(
    shop: Shop, settings: Settings, fault: str, why: str, has_paid: bool
) -> None:
    item = shop.item()
    shop.treasury.fault(fault, times=1)
    patience, settings.TREASURY_TIMEOUT = (
        settings.TREASURY_TIMEOUT,
        HASTY if "hang" in fault else 20.0,
    )
    assert shop.sale(item) == UNKNOWN
    settings.TREASURY_TIMEOUT = patience
    assert rows(item) == unresolved(f"treasury: {why}")
    assert paid(shop) == [PRICE] * has_paid
    assert reconciled(item)
    assert rows(item) == SETTLED
    assert paid(shop) == [PRICE]
    # "Not found" is never "failed": the same reference is submitted again.
    assert calls(shop.treasury) == ["POST", "GET"] + ([] if has_paid else ["POST"])


@pytest.mark.parametrize("fault", ["slow", "slow_before"])
def test_it_waits_for_a_slow_treasury(shop: Shop, fault: str) -> None:
    item = shop.item()
    shop.treasury.fault(fault, times=1, seconds=0.5)
    assert shop.sale(item) == SOLD
    assert (rows(item), paid(shop), calls(shop.treasury)) == (SETTLED, [PRICE], ["POST"])


def test_it_pays_once_at_a_treasury_that_is_too_slow(shop: Shop, settings: Settings) -> None:
    item = shop.item()
    shop.treasury.fault("slow", times=1, seconds=30.0)
    patience, settings.TREASURY_TIMEOUT = settings.TREASURY_TIMEOUT, HASTY
    assert shop.sale(item) == UNKNOWN
    settings.TREASURY_TIMEOUT = patience
    assert rows(item) == unresolved("treasury: timeout")
    assert reconciled(item)
    assert (rows(item), paid(shop), calls(shop.treasury)) == (SETTLED, [PRICE], ["POST", "GET"])


def test_it_settles_a_payment_that_arrives_late(shop: Shop) -> None:
    item = shop.item()
    shop.treasury.fault("late", times=1, seconds=0.05)
    assert shop.sale(item) == UNKNOWN
    arrived(shop.treasury)
    assert reconciled(item)
    assert (rows(item), paid(shop), calls(shop.treasury)) == (SETTLED, [PRICE], ["POST", "GET"])


def test_it_pays_once_when_the_first_request_arrives_after_the_second(shop: Shop) -> None:
    item = shop.item()
    shop.treasury.fault("late", times=1, seconds=1.5)
    assert shop.sale(item) == UNKNOWN
    assert reconciled(item)
    arrived(shop.treasury)
    assert (rows(item), paid(shop), calls(shop.treasury)) == (
        SETTLED,
        [PRICE],
        ["POST", "GET", "POST"],
    )


def test_it_fails_only_by_the_treasurys_own_word(shop: Shop) -> None:
    item = shop.item()
    shop.treasury.fault("drop_before", times=1)
    assert shop.sale(item) == UNKNOWN
    shop.treasury.fault(
        "decline", times=2
    )  # the status request, which this fault does not affect, and the payment again
    assert reconciled(item)
    assert rows(item) == declined("declined: insufficient funds")
    assert paid(shop) == []


@pytest.mark.parametrize("fault", ["drop", "500", "unsigned", "denies"])
def test_it_stays_open_without_a_useful_response(shop: Shop, fault: str) -> None:
    item = shop.item()
    shop.treasury.fault(fault)
    assert shop.sale(item) == UNKNOWN
    before = rows(item)
    for minutes in (1, 2, 3):
        assert not reconciled(item, now=later(minutes=minutes))
        assert rows(item) == before
    shop.treasury.fault(None)
    assert reconciled(item, now=later(minutes=4))
    assert (rows(item), paid(shop)) == (SETTLED, [PRICE])


@pytest.mark.parametrize("lie", ["amount", "reference", "currency"])
def test_it_sends_an_answer_about_something_else_to_review(shop: Shop, lie: str) -> None:
    item = shop.item()
    shop.treasury.fault(f"wrong_{lie}", times=1)
    assert shop.sale(item) == UNKNOWN
    in_review = unresolved(f"mismatch: {lie}", "review", "sale_in_review")
    assert rows(item) == in_review
    assert shop.sale(item) == ACTIVE
    assert not reconciled(item)
    assert reconcile_all(now=later(days=1)) == 0
    assert rows(item) == in_review
    assert calls(shop.treasury) == ["POST"]  # now people must decide


def test_it_reports_an_active_session_for_a_review_immediately(shop: Shop) -> None:
    """No request works on it, although its lease has not expired."""
    item = shop.item()
    shop.treasury.fault("wrong_amount", times=1)
    assert [shop.sale(item), shop.sale(item)] == [UNKNOWN, ACTIVE]


def test_it_sends_a_mismatch_found_by_the_reconciler_to_review(shop: Shop) -> None:
    item = shop.item()
    shop.treasury.fault("drop_after", times=1)
    assert shop.sale(item) == UNKNOWN
    shop.treasury.fault("wrong_amount", times=1)
    assert not reconciled(item)
    assert rows(item) == unresolved("mismatch: amount", "review", "sale_in_review")


@pytest.mark.parametrize(("fault", "why"), [("drop_before", "not found"), ("500", "bad_status")])
def test_it_sends_to_review_what_the_treasury_may_have_forgotten(
    shop: Shop, settings: Settings, fault: str, why: str
) -> None:
    item = shop.item()
    shop.treasury.fault(fault, times=1)
    assert shop.sale(item) == UNKNOWN
    shop.treasury.fault("500" if fault == "500" else None)
    past = later(seconds=settings.TREASURY_RETENTION) - timedelta(minutes=59)
    assert not reconciled(item, now=past)
    assert rows(item) == unresolved(
        f"past the retention; treasury: {why}", "review", "sale_in_review"
    )
    assert calls(shop.treasury) == ["POST", "GET"]  # not submitted again: it would pay twice


def test_it_still_asks_the_treasury_past_the_retention(shop: Shop, settings: Settings) -> None:
    item = shop.item()
    shop.treasury.fault("drop_after", times=1)
    assert shop.sale(item) == UNKNOWN
    assert reconciled(item, now=later(seconds=settings.TREASURY_RETENTION))
    assert (rows(item), paid(shop)) == (SETTLED, [PRICE])


def test_it_submits_again_until_an_hour_before_the_retention_ends(
    shop: Shop, settings: Settings
) -> None:
    item = shop.item()
    shop.treasury.fault("drop_before", times=1)
    assert shop.sale(item) == UNKNOWN
    assert reconciled(item, now=later(seconds=settings.TREASURY_RETENTION) - timedelta(minutes=61))
    assert (rows(item), paid(shop)) == (SETTLED, [PRICE])


def test_it_asks_again_after_15_seconds_and_not_before(shop: Shop) -> None:
    item = shop.item()
    shop.treasury.fault("drop_after", times=1)
    assert shop.sale(item) == UNKNOWN
    lease = Buyback.objects.get().lease_until
    assert lease is not None
    assert timedelta(seconds=0) < lease - later(seconds=0) <= timedelta(seconds=15)
    assert reconcile_all(now=lease - timedelta(microseconds=1)) == 0
    assert calls(shop.treasury) == ["POST"]
    assert reconcile_all(now=lease) == 1
    assert rows(item) == SETTLED


def test_it_starts_with_the_longest_waiting_up_to_its_limit(shop: Shop) -> None:
    items = [shop.item() for _ in range(3)]
    shop.treasury.fault("drop_after", times=3)
    assert [shop.sale(item) for item in items] == [UNKNOWN] * 3
    assert reconcile_all(now=later(minutes=1), limit=2) == 2
    states = [Buyback.objects.get(item=item).state for item in items]
    assert states == ["settled", "settled", "unknown"]
    assert reconcile_all(now=later(minutes=1)) == 1
