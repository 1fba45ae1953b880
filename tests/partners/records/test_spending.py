"""Spending in slots: any amount up to the cap fits, and nothing above it."""

from __future__ import annotations

import random
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import F, Sum
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from partners.models import SLOTS, Spend, SpendSlot
from partners.records import spending
from tests.threads import together

START = datetime(2026, 4, 18, 12, tzinfo=UTC)
CENT = Decimal("0.01")
AT_ONCE = 12


def usd(cents: int) -> Decimal:
    return cents * CENT


def count(amount: Decimal, cap: Decimal, scope: str = "platform") -> bool:
    """Whether the cap has room for it."""
    try:
        with transaction.atomic():
            spending.count(scope, START, cap, amount)
    except spending.CapReached as reached:
        return reached.scope != scope  # the error names the span
    return True


def total(scope: str = "platform") -> Decimal:
    return sum((row.total for row in Spend.objects.filter(scope=scope).with_total()), Decimal(0))


def slots() -> list[tuple[Decimal, Decimal]]:
    return list(SpendSlot.objects.order_by("number").values_list("total", "share"))


class Spending(RuleBasedStateMachine):
    """A span whose cap changes, next to its model: one number."""

    def __init__(self) -> None:
        super().__init__()
        Spend.objects.all().delete()
        self.counted: list[Decimal] = []
        self.cap = usd(10_000)

    @rule(cents=st.integers(1, 12_000))
    def count(self, cents: int) -> None:
        room = sum(self.counted) + usd(cents) <= self.cap
        assert count(usd(cents), self.cap) == room
        self.counted += [usd(cents)] * room

    @rule(cents=st.integers(1, 20_000))
    def change_the_cap(self, cents: int) -> None:
        self.cap = usd(cents)

    @rule(choice=st.randoms(use_true_random=False))
    def give_back(self, choice: random.Random) -> None:
        if self.counted:
            amount = self.counted.pop(choice.randrange(len(self.counted)))
            spending.give_back("platform", START, amount)

    @invariant()
    def nothing_is_lost(self) -> None:
        assert total() == sum(self.counted)
        spend = Spend.objects.first()
        if spend is not None:
            shares = spend.slots.aggregate(sum=Sum("share"))["sum"]
            assert (shares, spend.slots.count()) == (spend.cap, SLOTS)


@pytest.mark.django_db
def test_it_counts_like_one_number() -> None:
    run_state_machine_as_test(
        Spending, settings=settings(max_examples=15, stateful_step_count=25, deadline=None)
    )


@pytest.mark.django_db
@given(cents=st.integers(1, 10**9), spent=st.integers(0, 10**9))
@settings(max_examples=50)
def test_shares_add_up_and_hold_what_was_spent(cents: int, spent: int) -> None:
    spent = min(cents, spent)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(partners_share_of(%s, n)), sum(partners_share_of(%s, n)),"
            " bool_and(partners_share_of(%s, n) <= partners_share_of(%s, n))"
            " FROM generate_series(0, 63) n",
            [usd(cents), usd(spent), usd(spent), usd(cents)],
        )
        assert cursor.fetchone() == (usd(cents), usd(spent), True)


@pytest.mark.django_db
def test_it_usually_writes_one_slot() -> None:
    assert count(usd(1), usd(64_000))
    before = Counter(slots())
    assert count(usd(1), usd(64_000))
    assert sum((Counter(slots()) - before).values()) == 1


@pytest.mark.django_db
def test_it_goes_on_to_the_next_slot_with_room_in_one_statement() -> None:
    """A full slot of one's own must not cost every later call a second statement."""
    cap = usd(64_000)
    assert count(usd(1), cap)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid() % 64")
        own = cursor.fetchone()[0]
    SpendSlot.objects.filter(number=own).update(total=F("share"))
    before = slots()
    with CaptureQueriesContext(connection) as queries:
        spending.count("platform", START, cap, usd(7))
    assert sum("partners_count_spend" in query["sql"] for query in queries.captured_queries) == 1
    after = slots()
    changed = [number for number in range(SLOTS) if before[number] != after[number]]
    assert changed == [(own + 1) % SLOTS]


@pytest.mark.django_db
def test_it_takes_from_further_slots_in_their_order() -> None:
    assert count(usd(2_500), usd(64_000))
    assert [paid for paid, _ in slots()[:4]] == [usd(1000), usd(1000), usd(500), usd(0)]


@pytest.mark.django_db
def test_it_refuses_only_what_no_slot_has_room_for() -> None:
    assert count(usd(6_399), usd(6_400))
    assert not count(usd(2), usd(6_400))
    assert count(usd(1), usd(6_400))
    assert not count(usd(1), usd(6_400))
    assert total() == usd(6_400)


@pytest.mark.django_db
def test_a_refusal_writes_nothing() -> None:
    assert not count(usd(101), usd(100))
    assert not Spend.objects.exists()
    assert count(usd(60), usd(100))
    before = slots()
    assert not count(usd(41), usd(100))
    assert not count(usd(1), usd(50))  # a lower cap is not stored by a refused call either
    assert (slots(), Spend.objects.get().cap) == (before, usd(100))


@pytest.mark.django_db
def test_it_forgets_spans_after_a_week() -> None:
    for days in (8, 6):
        spending.count("platform", START - timedelta(days=days), usd(9), usd(1))
    assert spending.forget_old(START) == 1
    assert Spend.objects.get().starts_at == START - timedelta(days=6)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("cents", [1, 7, 150, 400])
def test_it_never_exceeds_the_cap_under_concurrency(cents: int) -> None:
    cap, scopes = usd(1_000), ("partner:1", "platform")

    def spend() -> list[bool]:
        """Both scopes in one transaction, as a sellback does."""
        done = []
        for _ in range(20):
            try:
                with transaction.atomic():
                    for scope in scopes:
                        spending.count(scope, START, cap, usd(cents))
            except spending.CapReached:
                done.append(False)
            else:
                done.append(True)
        return done

    results = together([spend] * AT_ONCE)
    counted = sum(sum(result) for result in results)
    most = min(1_000 // cents, AT_ONCE * 20)
    assert counted == most
    assert [total(scope) for scope in scopes] == [usd(most * cents)] * 2


@pytest.mark.django_db(transaction=True)
def test_caps_that_change_meanwhile_are_kept() -> None:
    """Counting, giving back and changing the cap at the same time, without a deadlock."""
    low, high = usd(500), usd(1_000)
    calls = [partial(count, usd(9), cap) for _ in range(AT_ONCE) for cap in (low, high)]
    results = together([*calls, partial(spending.give_back, "platform", START, usd(0))])
    assert not any(isinstance(result, Exception) for result in results)
    assert total() == usd(9) * sum(result is True for result in results)
    assert not count(high - total() + CENT, high)
    assert count(high - total(), high)


@pytest.mark.django_db(transaction=True)
def test_it_shows_the_race_without_the_slots_lock() -> None:
    """The control: all look before anyone writes, so all see room."""
    cap, all_have_looked = usd(400), threading.Barrier(AT_ONCE)

    def naive() -> None:
        room = total() + usd(100) <= cap
        all_have_looked.wait(timeout=30)
        if room:
            count(usd(100), usd(1_000_000))

    together([naive] * AT_ONCE)
    assert total() == usd(100) * AT_ONCE > cap


def test_it_passes_other_errors_on() -> None:
    from django.db import IntegrityError

    def broken(spread: bool) -> Any:
        raise IntegrityError("another constraint")

    with pytest.raises(IntegrityError, match="another"):
        spending.counting(broken)
