"""The treasury's balance: what is stored, and when the admins are alerted."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from pytest_django.fixtures import Settings

from buyback import tasks
from buyback.comparison import balance
from buyback.exposure import snapshot
from buyback.models import Alert, TreasuryReport
from config.foundation import clock
from tests.kept import make_exposure, make_paid_hour
from tests.peers.treasury import BALANCES, TreasuryPeer
from tests.world import World

NOON = clock.now().replace(hour=12, minute=0, second=0, microsecond=0)

pytestmark = pytest.mark.django_db(transaction=True)


def stored() -> tuple[Decimal | None, datetime | None]:
    return TreasuryReport.objects.values_list("balance", "balance_at").get()


def alerts() -> list[tuple[str, str]]:
    return list(Alert.objects.order_by("kind").values_list("kind", "detail"))


def owe(amount: str) -> None:
    """The total of an exposure snapshot."""
    nothing = {"pack": None, "partner": None, "closes": None}
    make_exposure(amount=Decimal(amount), **nothing)


def test_it_stores_the_balance_and_its_time(treasury: TreasuryPeer) -> None:
    treasury.balance = "123456.78"
    assert balance.refresh(now=NOON)
    assert stored() == (Decimal("123456.78"), NOON)


def test_it_runs_as_a_task(treasury: TreasuryPeer) -> None:
    treasury.balance = "-1.50"
    assert tasks.ask_balance()
    assert stored()[0] == Decimal("-1.50")


def test_it_stores_that_none_is_reported(treasury: TreasuryPeer) -> None:
    owe("100.00")
    balance.refresh(now=NOON)
    assert stored() == (None, NOON)
    assert alerts() == []


@pytest.mark.parametrize("fault", [*BALANCES, "unsigned", "500", "reset", "not_found"])
def test_it_keeps_the_last_balance_when_there_is_no_answer(
    treasury: TreasuryPeer, fault: str
) -> None:
    treasury.balance = "100.00"
    balance.refresh(now=NOON)
    treasury.balance = "90.00"
    treasury.fault(fault)
    assert not balance.refresh(now=NOON + timedelta(minutes=5))
    assert stored() == (Decimal("100.00"), NOON)


def test_it_asks_no_treasury_where_there_is_none(settings: Settings) -> None:
    settings.TREASURY_URL = ""
    assert not balance.refresh(now=NOON)
    assert not TreasuryReport.objects.exists()


@pytest.mark.parametrize(
    ("held", "expected"),
    [
        ("100.00", []),
        ("99.99", [("exposure_above", "$100.00, and the balance is $99.99")]),
        ("-5.00", [("exposure_above", "$100.00, and the balance is $-5.00")]),
    ],
)
def test_it_alerts_when_the_exposure_is_above_the_balance(
    treasury: TreasuryPeer, held: str, expected: list[tuple[str, str]]
) -> None:
    owe("100.00")
    treasury.balance = held
    balance.refresh(now=NOON)
    assert alerts() == [
        *expected,
        *([("rate_above", "$0.00, and the balance is $-5.00")] if held == "-5.00" else []),
    ]


@pytest.mark.parametrize("held", ["100.00", "99.99"])
def test_it_alerts_when_the_days_rate_is_above_the_balance(
    world: World, treasury: TreasuryPeer, held: str
) -> None:
    """Half of the day has cost 50.00 USD, so the day costs 100.00."""
    make_paid_hour(world.northwind.partner, starts_at=NOON - timedelta(hours=3), amount=30)
    make_paid_hour(world.northwind.partner, starts_at=NOON - timedelta(hours=1), amount=20)
    treasury.balance = held
    balance.refresh(now=NOON)
    found = "$100.00, and the balance is $99.99"
    assert alerts() == ([("rate_above", found)] if held == "99.99" else [])


def test_it_alerts_once_until_someone_has_seen_it(treasury: TreasuryPeer) -> None:
    owe("100.00")
    treasury.balance = "1.00"
    for _ in range(3):
        balance.refresh(now=NOON)
    assert Alert.objects.count() == 1
    Alert.objects.update(seen_at=NOON)
    balance.refresh(now=NOON)
    assert Alert.objects.count() == 2


@pytest.mark.parametrize(
    ("passed", "rate"),
    [(timedelta(0), 240), (timedelta(minutes=59), 240), (timedelta(hours=2), 120)],
    ids=str,
)
def test_it_takes_the_first_hour_for_a_whole_one(passed: timedelta, rate: int) -> None:
    midnight = NOON.replace(hour=0)
    assert balance.rate(Decimal(10), midnight + passed) == rate


def test_it_counts_as_old_after_three_missed_runs(treasury: TreasuryPeer) -> None:
    assert not balance.view(snapshot.ZERO, NOON).stale
    treasury.balance = "1.00"
    balance.refresh(now=NOON)
    assert not balance.view(snapshot.ZERO, NOON + balance.STALE).stale
    assert balance.view(snapshot.ZERO, NOON + balance.STALE + timedelta(seconds=1)).stale
