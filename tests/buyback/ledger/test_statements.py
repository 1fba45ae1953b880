"""Closing days: a statement's content and time, and its agreement with the ledger."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import psycopg
import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from buyback.ledger.invariants import balance, broken_invariants
from buyback.ledger.statements import BooksDisagree, close_statements
from buyback.live import steps
from buyback.models import Buyback, Statement, Transfer
from buyback.outcomes import Failure, FailureCode
from buyback.sellback.sell_back import sell_back
from buyback.tasks import close_statements as task
from config.foundation import clock
from inventory.pricing import price
from partners.models import Environment
from partners.records.actor import SYSTEM
from tests.world import World, make_card, make_environment, make_item

DAY = date(2026, 4, 18)
MIDNIGHT = datetime(2026, 4, 19, tzinfo=UTC)
CLOSES = MIDNIGHT + timedelta(minutes=5)
HOUR, MICROSECOND = timedelta(hours=1), timedelta(microseconds=1)


def sell(environment: Environment, moment: datetime) -> Decimal:
    item = make_item(environment, now=moment - HOUR)
    return sell_back(environment=environment, item_id=item.public_id, by=SYSTEM, now=moment).amount


def fail(environment: Environment, claimed: datetime, failed: datetime) -> None:
    item = make_item(environment, now=claimed - HOUR)
    attempt = steps.claim(
        environment=environment,
        item_id=item.public_id,
        by=SYSTEM,
        idempotency_row=None,
        now=claimed,
    )
    steps.fail(attempt.pk, failure=Failure(FailureCode.PAUSED), now=failed)


def statements_of(environment: Environment) -> dict[date, tuple[int, Decimal, int, Decimal, int]]:
    rows = Statement.objects.of(environment)
    return {
        row.day: (row.sold, row.sold_amount, row.paid, row.paid_amount, row.failed) for row in rows
    }


def test_it_adds_up_a_day(world: World) -> None:
    live = world.northwind.live
    for moment in (MIDNIGHT - timedelta(days=1), MIDNIGHT - HOUR, MIDNIGHT - MICROSECOND, MIDNIGHT):
        sell(live, moment)
    assert close_statements(now=CLOSES) == 1
    assert statements_of(live) == {DAY: (3, Decimal("210.39"), 3, Decimal("210.39"), 0)}
    assert Statement.objects.get().closed_at == CLOSES


def test_it_counts_what_failed_on_the_day_it_failed(world: World) -> None:
    live = world.northwind.live
    fail(live, MIDNIGHT - MICROSECOND, MIDNIGHT)
    fail(live, MIDNIGHT - HOUR, MIDNIGHT - MICROSECOND)
    close_statements(now=CLOSES + timedelta(days=1))
    nothing = (0, Decimal(0), 0, Decimal(0))
    assert statements_of(live) == {DAY: (*nothing, 1), DAY + timedelta(days=1): (*nothing, 1)}


def test_it_gives_a_late_settlement_to_the_day_it_completed(world: World) -> None:
    live, asked = world.northwind.live, MIDNIGHT - timedelta(seconds=10)
    late = submitted(live, asked)
    sell(live, asked)
    close_statements(now=CLOSES)
    steps.settle(late.pk, now=CLOSES + HOUR)
    close_statements(now=CLOSES + timedelta(days=1))
    assert [(day, row[0]) for day, row in sorted(statements_of(live).items())] == [
        (DAY, 1),
        (DAY + timedelta(days=1), 1),
    ]


def test_it_keeps_environments_apart(world: World) -> None:
    sell(world.northwind.live, MIDNIGHT - HOUR)
    sell(world.northwind.sandbox, MIDNIGHT - timedelta(days=1, hours=1))
    close_statements(now=CLOSES)
    assert list(statements_of(world.northwind.live)) == [DAY]
    assert sorted(statements_of(world.northwind.sandbox)) == [DAY - timedelta(days=1), DAY]
    assert statements_of(world.juniper.live) == {}


def test_it_waits_five_minutes(world: World) -> None:
    sell(world.northwind.live, MIDNIGHT - HOUR)
    assert close_statements(now=CLOSES - MICROSECOND) == 0
    assert close_statements(now=CLOSES) == 1


def test_it_closes_a_day_once(world: World) -> None:
    sell(world.northwind.live, MIDNIGHT - HOUR)
    assert [
        close_statements(now=CLOSES),
        close_statements(now=CLOSES),
        Statement.objects.count(),
    ] == [1, 0, 1]


def test_it_leaves_no_day_out(world: World) -> None:
    """Sixty-five days without the task: statements come by month, including empty days."""
    live = world.northwind.live
    sell(live, MIDNIGHT - HOUR)
    sell(live, MIDNIGHT + timedelta(days=60))
    assert close_statements(now=CLOSES + timedelta(days=64)) == 65
    days = sorted(statements_of(live))
    assert (days[0], days[-1], len(days)) == (DAY, DAY + timedelta(days=64), 65)
    assert [
        statements_of(live)[day][0]
        for day in (DAY, DAY + timedelta(days=1), DAY + timedelta(days=61))
    ] == [
        1,
        0,
        1,
    ]


def test_it_follows_a_sandboxs_own_clock(world: World) -> None:
    sandbox = world.northwind.sandbox
    Environment.objects.filter(pk=sandbox.pk).update(clock_offset=timedelta(days=1))
    moved = Environment.objects.get(pk=sandbox.pk).clock_moved_at
    assert moved is not None
    today = (moved + timedelta(days=1)).date()
    sell(sandbox, datetime.combine(today, datetime.min.time(), UTC) - HOUR)
    assert close_statements(now=moved + timedelta(minutes=5) - MICROSECOND) == 0
    assert close_statements(now=moved + timedelta(minutes=5)) == 1
    assert list(statements_of(sandbox)) == [today - timedelta(days=1)]


@contextmanager
def at_work(statement: str) -> Iterator[None]:
    """A running transaction of another connection that has executed this."""
    params = connection.get_connection_params()
    with psycopg.connect(
        host=params["host"], dbname=params["dbname"], user=params["user"]
    ) as other:
        other.execute(statement)
        yield
        other.rollback()


@pytest.mark.django_db(transaction=True)
def test_it_waits_for_transactions_that_may_write_into_the_day(world: World) -> None:
    """It started before midnight and holds a lock, so it may already have read the clock."""
    now = clock.now()
    sell(world.northwind.live, now)
    after = now.replace(hour=0, minute=5, second=0, microsecond=0) + timedelta(days=1)
    with at_work("SELECT 1 FROM partners_partner FOR KEY SHARE"):
        assert close_statements(now=after) == 0
    with at_work("SELECT 1 FROM partners_partner"):  # a reader such as a backup writes nothing
        assert close_statements(now=after) == 1


@pytest.mark.breaks_books(reason="on purpose")
@pytest.mark.django_db(transaction=True)
def test_it_freezes_nothing_that_does_not_add_up(world: World) -> None:
    """Another environment's day is closed, and the task reports the one that was not."""
    sell(world.northwind.live, MIDNIGHT - HOUR)
    sell(world.juniper.live, MIDNIGHT - HOUR)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(
            "DELETE FROM buyback_payout WHERE environment_id = %s", [world.northwind.live.pk]
        )
    with pytest.raises(BooksDisagree, match=f"^environment {world.northwind.live.pk}$"):
        close_statements(now=CLOSES)
    assert (statements_of(world.northwind.live), list(statements_of(world.juniper.live))) == (
        {},
        [DAY],
    )


def test_it_costs_one_query_when_there_is_nothing_to_do(
    world: World, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    sell(world.northwind.live, MIDNIGHT - HOUR)
    close_statements(now=CLOSES)
    with django_assert_num_queries(1):
        close_statements(now=CLOSES)


def test_the_task_closes_them(world: World) -> None:
    sell(world.northwind.live, clock.now() - timedelta(days=2))
    assert task() in (1, 2)  # yesterday is closed five minutes after midnight


class Days:
    """The model's state: time, running sellbacks, and totals of each day."""

    def __init__(self, here: Environment) -> None:
        self.here, self.now = here, datetime.combine(DAY, datetime.min.time(), UTC) + 12 * HOUR
        self.open: list[Buyback] = []
        self.sold: Counter[date] = Counter()
        self.amounts: defaultdict[date, Decimal] = defaultdict(Decimal)
        self.failed: Counter[date] = Counter()

    def settled(self, amount: Decimal) -> None:
        self.sold[self.now.date()] += 1
        self.amounts[self.now.date()] += amount

    def step(self, name: str, number: int) -> None:
        """One event: time passes, a sellback, a payment, a refusal, or closing days."""
        if name == "wait":
            self.now += timedelta(minutes=7 * number**2)
        elif name == "sell":
            card = make_card(fmv=Decimal(number) + Decimal("0.37"))
            item = make_item(self.here, now=self.now, card=card)
            self.settled(
                sell_back(
                    environment=self.here, item_id=item.public_id, by=SYSTEM, now=self.now
                ).amount
            )
        elif name == "ask":
            self.open.append(submitted(self.here, self.now))
        elif name in ("pay", "decline") and self.open:
            self.end(self.open.pop(number % len(self.open)), name)
        elif name == "close":
            close_statements(now=self.now)

    def end(self, sale: Buyback, name: str) -> None:
        if name == "pay":
            self.settled(steps.settle(sale.pk, now=self.now).amount)
        else:
            steps.fail(sale.pk, failure=Failure(FailureCode.DECLINED), now=self.now)
            self.failed[self.now.date()] += 1

    def agrees(self) -> None:
        """Statements equal the model, and with open days the ledger."""
        closed = statements_of(self.here)
        for day, (sold, sold_amount, paid, paid_amount, failed) in closed.items():
            assert (sold, sold_amount, failed) == (
                self.sold[day],
                self.amounts[day],
                self.failed[day],
            )
            assert (paid, paid_amount) == (sold, sold_amount)
        business = [
            day
            for day in (*self.sold, *self.failed)
            if (self.now - timedelta(minutes=5)).date() > day
        ]
        close_statements(now=self.now)
        assert set(business) <= set(statements_of(self.here))
        still_open = sum((self.amounts[day] for day in self.sold if day not in closed), Decimal(0))
        whole = sum((row[1] for row in closed.values()), Decimal(0)) + still_open
        assert whole == balance(self.here, Transfer.Account.PAID_OUT)
        assert list(broken_invariants()) == []


STEPS = st.tuples(
    st.sampled_from(("wait", "wait", "sell", "ask", "pay", "decline", "close")), st.integers(1, 25)
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEPS, max_size=25))
def test_it_adds_up_with_the_ledger_whatever_happens(
    world: World, steps: list[tuple[str, int]]
) -> None:
    days = Days(make_environment())
    for name, number in steps:
        days.step(name, number)
    days.agrees()


def submitted(environment: Environment, moment: datetime) -> Buyback:
    """A sellback with an unknown outcome."""
    item = make_item(environment, now=moment - HOUR)
    attempt = steps.claim(
        environment=environment, item_id=item.public_id, by=SYSTEM, idempotency_row=None, now=moment
    )
    steps.submit(attempt, price(item), now=moment)
    return attempt.buyback
