"""The treasury's list against our sellbacks: every difference is found, and nothing else is."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from pytest_django.fixtures import Settings
from structlog.testing import capture_logs

from buyback import tasks
from buyback.comparison import payments
from buyback.decisions import resolution, reversal
from buyback.live import treasury as client
from buyback.models import (
    Alert,
    Buyback,
    Difference,
    ListedPayment,
    Resolution,
    TreasuryReport,
)
from config.foundation import clock
from partners.models import AuditEntry
from partners.records.actor import Actor
from tests.buyback.live.shop import SOLD, UNKNOWN, Shop, later, reconciled
from tests.database.decisions import make_resolution
from tests.peers.treasury import Payment

ANNA, BEN = Actor("user", "anna@x.test"), Actor("user", "ben@x.test")
PRICE, CENT = Decimal("70.13"), Decimal("0.01")


def sold(shop: Shop, number: int = 1) -> list[str]:
    """This many sellbacks that the treasury has paid; returns their references."""
    for _ in range(number):
        assert shop.sale(shop.item()) == SOLD
    return [payment.reference for payment in shop.treasury.payments]


def run(*, hours: float = 1) -> bool:
    """A run of the task, this much later."""
    return payments.compare(now=later(hours=hours))


def plant(shop: Shop, number: int = 0, **fields: Any) -> None:
    """Change one payment in the treasury's list."""
    shop.treasury.payments[number] = replace(shop.treasury.payments[number], **fields)


def differences() -> list[tuple[Any, ...]]:
    """Kind, state, our amount and theirs of every difference."""
    return list(
        Difference.objects.order_by("id").values_list("kind", "state", "our_amount", "their_amount")
    )


def test_it_finds_no_difference_where_there_is_none(shop: Shop) -> None:
    sold(shop, 3)
    assert run()
    assert differences() == []
    assert ListedPayment.objects.count() == 3
    assert not Alert.objects.exists()


def test_it_finds_a_planted_cent_in_the_next_run(shop: Shop) -> None:
    references = sold(shop, 3)
    assert run()
    plant(shop, 1, amount=PRICE + CENT)
    assert run(hours=2)
    assert differences() == [("amount", "open", PRICE, PRICE + CENT)]
    found, alert = Difference.objects.get(), Alert.objects.get()
    assert found.buyback is not None
    assert (found.reference, found.buyback.reference) == (references[1], references[1])
    assert (alert.kind, alert.subject, alert.detail) == (
        "difference",
        client.name(),
        f"1 new, the first about {references[1]}",
    )


def test_it_runs_as_a_task(shop: Shop) -> None:
    sold(shop)
    plant(shop, amount=PRICE - CENT)
    assert tasks.compare_payments()
    assert differences() == [("amount", "open", PRICE, PRICE - CENT)]


def test_it_finds_a_change_of_an_old_payment(shop: Shop, settings: Settings) -> None:
    sold(shop)
    run()
    plant(shop, amount=PRICE + CENT)
    run(hours=settings.TREASURY_RETENTION / 3600 - 1)
    assert [row[0] for row in differences()] == ["amount"]


def test_it_keeps_one_row_for_each_difference(shop: Shop) -> None:
    sold(shop)
    plant(shop, amount=PRICE + CENT)
    run()
    first = Difference.objects.get()
    run(hours=2)
    again = Difference.objects.get()
    assert again.first_seen == first.first_seen < first.last_seen + timedelta(minutes=30)
    assert again.last_seen > first.last_seen
    assert Alert.objects.count() == 1


def test_it_closes_by_itself_when_both_agree(shop: Shop) -> None:
    sold(shop)
    plant(shop, amount=PRICE + CENT)
    run()
    make_resolution(Difference.objects.get())
    plant(shop, amount=PRICE)
    run(hours=2)
    assert differences() == [("amount", "agreed", PRICE, PRICE + CENT)]
    assert not Resolution.objects.exists()
    assert AuditEntry.objects.filter(action="difference.resolution_withdrawn").exists()


def test_it_opens_again_when_the_difference_comes_back(shop: Shop) -> None:
    sold(shop)
    for hours, amount in enumerate((PRICE + CENT, PRICE, PRICE + 2 * CENT), start=1):
        plant(shop, amount=amount)
        run(hours=hours)
        Alert.objects.update(seen_at=clock.now())
    assert differences() == [("amount", "open", PRICE, PRICE + 2 * CENT)]
    assert Alert.objects.count() == 2


def test_it_leaves_alone_what_two_people_have_resolved(shop: Shop) -> None:
    sold(shop)
    plant(shop, amount=PRICE + CENT)
    run()
    found = Difference.objects.get()
    resolution.propose(difference=found, reason="a fee", by=ANNA)
    resolution.confirm(difference=found, by=BEN)
    Alert.objects.update(seen_at=clock.now())
    run(hours=2)
    assert [row[1] for row in differences()] == ["resolved"]
    assert Alert.objects.count() == 1
    plant(shop, amount=PRICE + 2 * CENT)
    run(hours=3)
    assert differences() == [("amount", "open", PRICE, PRICE + 2 * CENT)]
    assert Alert.objects.count() == 2


def test_it_drops_a_proposal_about_other_figures(shop: Shop) -> None:
    sold(shop)
    plant(shop, amount=PRICE + CENT)
    run()
    read = make_resolution(Difference.objects.get())
    run(hours=2)
    assert Resolution.objects.get() == read
    plant(shop, amount=PRICE + 2 * CENT)
    run(hours=3)
    assert not Resolution.objects.exists()


def test_it_finds_another_currency(shop: Shop) -> None:
    sold(shop)
    plant(shop, currency="EUR")
    run()
    assert differences() == [("currency", "open", PRICE, PRICE)]
    assert Difference.objects.get().their_currency == "EUR"


def test_it_finds_a_reference_that_was_paid_twice(shop: Shop) -> None:
    sold(shop, 2)
    shop.treasury.payments.append(shop.treasury.payments[0])
    shop.treasury.page = 1
    run()
    assert differences() == [("amount", "open", PRICE, 2 * PRICE)]
    run(hours=2)
    assert differences() == [("amount", "open", PRICE, 2 * PRICE)]


# --- missing on either side -----------------------------------------------------------------------


def test_it_finds_what_is_settled_here_and_missing_there(shop: Shop) -> None:
    (reference,) = sold(shop)
    kept = shop.treasury.payments.pop()
    run()
    assert differences() == [("missing", "open", PRICE, None)]
    assert Difference.objects.get().reference == reference
    shop.treasury.payments.append(kept)
    run(hours=2)
    assert [row[1] for row in differences()] == ["agreed"]


def test_it_waits_for_a_payment_that_may_be_late_in_the_list(
    shop: Shop, settings: Settings
) -> None:
    sold(shop)
    shop.treasury.payments.clear()
    margin = settings.TREASURY_COMPARE_AFTER / 3600
    run(hours=margin - 0.01)
    assert differences() == []
    run(hours=margin + 0.01)
    assert [row[0] for row in differences()] == ["missing"]


def test_it_says_nothing_about_what_is_too_old_for_the_list(shop: Shop, settings: Settings) -> None:
    sold(shop)
    shop.treasury.payments.clear()
    run(hours=settings.TREASURY_RETENTION / 3600)
    assert differences() == []


def test_it_does_not_close_what_is_too_old_for_the_list(shop: Shop, settings: Settings) -> None:
    sold(shop)
    shop.treasury.payments.clear()
    run()
    run(hours=settings.TREASURY_RETENTION / 3600)
    assert [row[:2] for row in differences()] == [("missing", "open")]


def test_it_expects_no_payment_that_was_recovered(shop: Shop) -> None:
    sold(shop)
    shop.treasury.payments.clear()
    run()
    sale = Buyback.objects.get()
    reversal.propose(buyback=sale, reason="letter 12", by=ANNA)
    run(hours=2)
    assert [row[:2] for row in differences()] == [("missing", "open")]
    reversal.confirm(buyback=sale, by=BEN)
    run(hours=3)
    assert [row[:2] for row in differences()] == [("missing", "agreed")]


def test_it_finds_a_payment_without_a_sellback(shop: Shop) -> None:
    shop.treasury.payments.append(
        Payment("bb-ghost", Decimal(5), "user-9", "paid", None, clock.now())
    )
    run()
    assert differences() == [("not_settled", "open", None, Decimal(5))]
    found = Difference.objects.get()
    assert (found.reference, found.buyback, found.our_state) == ("bb-ghost", None, "")


def unanswered(shop: Shop) -> None:
    """A sellback that was paid, and whose response was lost."""
    shop.treasury.fault("drop_after", times=1)
    assert shop.sale(shop.item()) == UNKNOWN


def test_it_is_silent_about_what_may_be_in_flight(shop: Shop, settings: Settings) -> None:
    unanswered(shop)
    margin = settings.TREASURY_COMPARE_AFTER / 3600
    run(hours=margin - 0.01)
    assert differences() == []
    run(hours=margin + 0.01)
    assert differences() == [("not_settled", "open", PRICE, PRICE)]
    assert Difference.objects.get().our_state == "unknown"
    assert reconciled(Buyback.objects.get().item)
    run(hours=2)
    assert [row[:2] for row in differences()] == [("not_settled", "agreed")]


def test_it_finds_a_payment_of_a_sellback_that_failed(shop: Shop) -> None:
    shop.treasury.fault("decline", times=1)
    item = shop.item()
    shop.sale(item)
    sale = Buyback.objects.get()
    assert sale.state == "failed"
    shop.treasury.payments.append(
        Payment(sale.reference, PRICE, "user-1", "paid", None, clock.now())
    )
    run(hours=0.001)
    assert differences() == [("not_settled", "open", PRICE, PRICE)]
    assert Difference.objects.get().our_state == "failed"
    shop.treasury.payments.clear()  # taken back
    run(hours=1)
    assert [row[:2] for row in differences()] == [("not_settled", "agreed")]


def test_it_is_silent_about_another_treasury(shop: Shop) -> None:
    """Under another name, the list has payments that were submitted under the old one."""
    sold(shop, 2)
    Buyback.objects.update(treasury="old.example.test")
    shop.treasury.payments.pop()
    run()
    assert differences() == []


def test_it_asks_no_treasury_where_there_is_none(shop: Shop, settings: Settings) -> None:
    settings.TREASURY_URL = ""
    assert not run()
    assert not TreasuryReport.objects.exists()


# --- pages, cursors and failures ------------------------------------------------------------------


def test_it_reads_page_by_page(shop: Shop) -> None:
    sold(shop, 5)
    shop.treasury.seen.clear()
    shop.treasury.page = 2
    assert run()
    assert [line.partition("&after=")[2] for line in shop.treasury.seen] == ["", "2", "4"]
    assert ListedPayment.objects.count() == 5
    assert differences() == []


def test_it_continues_at_its_cursor(shop: Shop) -> None:
    """A run without time reads one page; nothing is concluded before the last one."""
    sold(shop, 5)
    plant(shop, 0, amount=PRICE + CENT)
    shop.treasury.page = 2
    for hour in (1, 2):
        assert not payments.compare(now=later(hours=hour), seconds=0)
        assert differences() == []
    assert payments.compare(now=later(hours=3), seconds=0)
    assert differences() == [("amount", "open", PRICE, PRICE + CENT)]
    report = TreasuryReport.objects.get()
    assert (report.reading, report.cursor) == (False, "")
    assert report.compared_at is not None


@pytest.mark.parametrize("fault", ["500", "reset", "unsigned", "bad_signature", "row_number"])
def test_it_changes_nothing_when_the_treasury_fails_in_the_middle(shop: Shop, fault: str) -> None:
    sold(shop, 5)
    shop.treasury.payments.pop(0)
    shop.treasury.page = 2
    on_page(shop, 2, lambda: shop.treasury.fault(fault))
    with capture_logs() as logs:
        assert not run()
    assert [line["event"] for line in logs] == ["treasury_list_unread"]
    assert differences() == []
    assert TreasuryReport.objects.get().cursor == "2"
    shop.treasury.fault(None)
    assert run(hours=1.1)
    assert differences() == [("missing", "open", PRICE, None)]


def another_run(outcomes: list[bool]) -> None:
    """A run in the peer's thread, whose connection it closes."""
    outcomes.append(run())
    connection.close()


def on_page(shop: Shop, number: int, act: Callable[[], object]) -> None:
    """Do ``act`` before the treasury answers the page of this number."""
    real, pages = shop.treasury.respond, iter(range(1, 100))

    def respond(request: Any) -> None:
        if next(pages) == number:
            act()
        real(request)

    shop.treasury.respond = respond  # type: ignore[method-assign]


def test_it_begins_again_when_its_cursor_is_unknown(shop: Shop) -> None:
    sold(shop, 3)
    shop.treasury.page = 2
    on_page(shop, 2, shop.treasury.payments.clear)
    assert not run()
    assert (TreasuryReport.objects.get().reading, differences()) == (False, [])
    assert run(hours=1.1)
    assert [row[0] for row in differences()] == ["missing"] * 3


def test_it_begins_again_when_its_first_pages_are_old(shop: Shop) -> None:
    sold(shop, 3)
    shop.treasury.page = 2
    on_page(shop, 2, lambda: shop.treasury.fault("500", times=1))
    assert not run()
    shop.treasury.seen.clear()
    assert run(hours=26)
    assert len(shop.treasury.seen) == 2
    assert differences() == []


def test_it_compares_once_when_two_runs_overlap(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mark of a single run only saves work: a page that both have read counts once."""
    sold(shop, 3)
    shop.treasury.page = 2
    monkeypatch.setattr(payments, "single_run", lambda *_, **__: nullcontext(True))
    outcomes: list[bool] = []
    on_page(shop, 1, lambda: another_run(outcomes))
    outcomes.append(run())
    assert sorted(outcomes) == [False, True]
    assert set(ListedPayment.objects.values_list("amount", flat=True)) == {PRICE}
    assert differences() == []


def test_it_runs_alone(shop: Shop) -> None:
    sold(shop)
    outcomes: list[bool] = []
    on_page(shop, 1, lambda: another_run(outcomes))
    outcomes.append(run())
    assert outcomes == [False, True]


def test_it_holds_no_transaction_while_it_waits(shop: Shop) -> None:
    sold(shop)
    idle: list[int] = []

    def look() -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE datname = current_database() AND state LIKE 'idle in transaction%'"
            )
            idle.append(cursor.fetchone()[0])
        connection.close()

    on_page(shop, 1, look)
    assert run()
    assert idle == [0]


def test_it_stores_a_bounded_number_of_differences(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While there are more, none is closed: an unread one could be still there."""
    sold(shop, 3)
    plant(shop, 0, amount=PRICE + CENT)
    run()
    plant(shop, 0, amount=PRICE)
    shop.treasury.payments[1:] = []
    monkeypatch.setattr(payments, "MOST", 1)
    run(hours=2)
    assert [row[:2] for row in differences()] == [("amount", "open"), ("missing", "open")]
    monkeypatch.undo()
    run(hours=3)
    assert sorted(row[:2] for row in differences()) == [
        ("amount", "agreed"),
        ("missing", "open"),
        ("missing", "open"),
    ]


def test_it_reads_the_retention_window(shop: Shop, settings: Settings) -> None:
    sold(shop)
    now: datetime = later(hours=1)
    shop.treasury.seen.clear()
    payments.compare(now=now)
    since = now - timedelta(seconds=settings.TREASURY_RETENTION)
    assert shop.treasury.seen == [f"GET /v1/payouts?since={since:%Y-%m-%dT%H:%M:%SZ}&limit=500"]
