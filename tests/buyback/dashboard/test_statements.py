"""The statements of a month and of one day, printed and as a file."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from buyback.dashboard import statements
from buyback.ledger.statements import close_statements
from buyback.models import Payout, Statement
from buyback.sellback.sell_back import sell_back
from inventory.models import Card, Collector
from partners.models import Environment
from partners.records.actor import SYSTEM
from tests.dashboard.steps import markup, signed_in
from tests.world import World, make_item, make_statement

NOON = datetime(2026, 4, 18, 12, tzinfo=UTC)
DAY = "/dashboard/live/statements/2026-04-18/"

# Session, user, memberships, environment; then the first and last day and the month's days; or the
# day and its payouts.
QUERIES = 6


def sell(environment: Environment, moment: datetime) -> None:
    item = make_item(environment, now=moment - timedelta(hours=1))
    sell_back(environment=environment, item_id=item.public_id, by=SYSTEM, now=moment)


@pytest.fixture
def closed(world: World) -> World:
    """Three payouts on the 18th and two on 2 May; everything is closed up to 4 May."""
    for moment in (NOON, NOON + timedelta(hours=1), NOON + timedelta(hours=2)):
        sell(world.northwind.live, moment)
    for _ in range(2):
        sell(world.northwind.live, NOON + timedelta(days=14))
    close_statements(now=NOON + timedelta(days=17))
    return world


def look(world: World, address: str) -> Any:
    return signed_in(world.northwind.viewer).get(address)


def test_it_lists_the_latest_month_with_its_sum(closed: World) -> None:
    answer = look(closed, "/dashboard/live/statements/")
    assert [one.day.day for one in answer.context["days"]] == [4, 3, 2, 1]
    assert answer.context["sum"]["paid_amount"] == Decimal("140.26")
    assert (answer.context["before"], answer.context["after"]) == (date(2026, 4, 1), None)


@pytest.mark.parametrize("month", ["9999-12", "0001-01", "1999-12", "2026-13", "x", "%00"])
def test_it_ignores_an_invalid_month(closed: World, month: str) -> None:
    assert look(closed, f"/dashboard/live/statements/?month={month}").context["month"] == date(
        2026, 5, 1
    )


@pytest.mark.parametrize("month", [date(2000, 1, 1), date(9998, 12, 1)])
def test_it_turns_to_the_first_month_and_the_last(closed: World, month: date) -> None:
    assert (
        look(closed, f"/dashboard/live/statements/?month={month:%Y-%m}").context["month"] == month
    )


def test_it_turns_to_another_month(closed: World) -> None:
    context = look(closed, "/dashboard/live/statements/?month=2026-04").context
    assert [one.day.day for one in context["days"]] == list(range(30, 17, -1))
    assert (context["sum"]["paid"], context["before"], context["after"]) == (
        3,
        None,
        date(2026, 5, 1),
    )


@pytest.mark.parametrize("month", ["x", "2026-13", "", "9999-12-31"])
def test_it_shows_the_latest_month_for_one_that_is_none(closed: World, month: str) -> None:
    assert look(closed, f"/dashboard/live/statements/?month={month}").context["month"] == date(
        2026, 5, 1
    )


def test_it_says_that_nothing_is_closed_yet(world: World) -> None:
    page = look(world, "/dashboard/live/statements/").content.decode()
    assert "No closed day in this month" in page


def test_it_shows_a_day_with_every_payout_in_order(closed: World) -> None:
    answer = look(closed, DAY)
    paid = list(Payout.objects.filter(created_at__date=date(2026, 4, 18)).order_by("created_at"))
    assert answer.context["page"].rows == paid
    assert "$210.39" in answer.content.decode()


def test_it_says_that_a_day_is_not_closed(closed: World) -> None:
    assert (
        "This day is not closed"
        in look(closed, "/dashboard/live/statements/2026-04-17/").content.decode()
    )
    page = look(closed, "/dashboard/live/statements/2026-05-05/").content.decode()
    assert "?from=2026-05-05&amp;to=2026-05-05" in page


@pytest.mark.parametrize(
    "tail", ["2126-01-01/", "2026-02-30/", "2026-04-17/csv/", "2026-04-17/print/", "2026-4-18/"]
)
def test_it_has_no_page_for_an_invalid_date(closed: World, tail: str) -> None:
    assert look(closed, f"/dashboard/live/statements/{tail}").status_code == 404


def test_its_file_adds_up_to_it_to_the_cent(closed: World) -> None:
    rows = list(
        csv.DictReader(io.StringIO(b"".join(look(closed, f"{DAY}csv/")).decode(), newline=""))
    )
    statement = Statement.objects.get(day=date(2026, 4, 18))
    assert len(rows) == statement.paid == 3
    assert (
        sum(Decimal(row["amount_usd"]) for row in rows)
        == statement.paid_amount
        == Decimal("210.39")
    )


def test_it_exports_all_days(closed: World) -> None:
    rows = list(
        csv.DictReader(
            io.StringIO(b"".join(look(closed, "/dashboard/live/statements/csv/")).decode())
        )
    )
    assert (rows[0]["day_utc"], rows[-1]["day_utc"], len(rows)) == ("2026-05-04", "2026-04-18", 17)
    assert rows[-1]["payouts_usd"] == "210.39"


def test_it_prints_every_payout_up_to_a_sheets_worth(
    closed: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = look(closed, f"{DAY}print/").content.decode()
    for paid in Payout.objects.filter(created_at__date=date(2026, 4, 18)):
        assert str(paid.pk) in page
    for fact in ("Northwind Cards", "Saturday, 18 April 2026", "UTC", "$210.39"):
        assert fact in page
    assert "not on this sheet" not in page
    monkeypatch.setattr(statements, "PRINTED", 2)
    page = markup(look(closed, f"{DAY}print/"))
    assert "The last 1 of 3 payouts are not on this sheet" in page
    assert "$210.39</td></tr></tfoot>" in page  # the day's total, even if not all lines are printed
    assert page.count('<td class="id">') == 2


def test_it_prints_a_payout_as_its_time_id_user_card_and_amount(closed: World) -> None:
    paid = Payout.objects.order_by("created_at").select_related("collector", "buyback__item__card")[
        0
    ]
    Card.objects.filter(pk=paid.buyback.item.card_id).update(name='<b>"Drake" & Co')
    Collector.objects.filter(pk=paid.collector_id).update(user_id="<i>ann")
    line = (
        f'<tr><td class="num">12:00:00</td><td class="id">{paid.pk}</td><td>&lt;i&gt;ann</td>'
        '<td>&lt;b&gt;&quot;Drake&quot; &amp; Co</td><td class="right num">$70.13</td></tr>'
    )
    assert f"<tbody>{line}" in markup(look(closed, f"{DAY}print/"))


def test_it_prints_that_nothing_was_paid(closed: World) -> None:
    page = look(closed, "/dashboard/live/statements/2026-04-19/print/").content.decode()
    assert '<tr><td colspan="5">There were no payouts on this day.</td></tr>' in page


@pytest.mark.breaks_books(reason="a statement alone")
def test_it_shows_no_other_partners_statement(world: World) -> None:
    make_statement(world.juniper.live)
    make_statement(world.northwind.sandbox)
    assert "This day is not closed" in look(world, DAY).content.decode()
    assert look(world, f"{DAY}csv/").status_code == 404


@pytest.mark.parametrize("address", ["/dashboard/live/statements/", DAY, f"{DAY}print/"])
def test_it_takes_the_same_number_of_queries(
    closed: World, address: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = signed_in(closed.northwind.viewer)
    with django_assert_num_queries(QUERIES):
        client.get(address)
