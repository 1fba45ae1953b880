"""Reconcile yesterday's payouts to the cent, with and without scripts.

Statement, file and database agree.
"""

from __future__ import annotations

import csv
import re
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.db.models import Sum
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from buyback.ledger.statements import close_statements
from buyback.models import Payout
from buyback.sellback.sell_back import sell_back
from config.foundation import clock
from partners.records.actor import SYSTEM
from tests.browser.accessible import LIGHT, NARROW, faults
from tests.browser.conftest import NewContext, sign_in
from tests.browser.effort import Effort
from tests.world import World, make_card, make_collector, make_item

pytestmark = pytest.mark.browser


def yesterday() -> datetime:
    return (clock.now() - timedelta(days=1)).replace(hour=12, minute=0, second=0, microsecond=0)


@pytest.fixture
def busy(world: World) -> World:
    """Sixty payouts yesterday, and some the day before and today; past days are closed."""
    live, user = world.northwind.live, make_collector(world.northwind.live, "=1+1")
    for number in range(66):
        moment = yesterday() + timedelta(
            days=(number // 60 and number % 2) or -(number // 60), minutes=number
        )
        moment = min(moment, clock.now())
        card = make_card(fmv=Decimal(5) + Decimal(number) * Decimal("7.77"))
        item = make_item(live, now=moment - timedelta(hours=1), card=card, collector=user)
        sell_back(environment=live, item_id=item.public_id, by=SYSTEM, now=moment)
    close_statements(now=clock.now() + timedelta(minutes=6))
    return world


@pytest.mark.parametrize("script", [True, False])
def test_it_reconciles_yesterday_to_the_cent_in_four_clicks(
    busy: World, new_context: NewContext, live_server: LiveServer, effort: Effort, script: bool
) -> None:
    day = yesterday().date()
    paid = (
        Payout.objects.of(busy.northwind.live)
        .in_days(day, day)
        .aggregate(total=Sum("amount"))["total"]
    )
    context = new_context(java_script_enabled=script)
    desk = context.new_page()
    sign_in(desk, live_server.url)
    effort.begins(desk)
    desk.get_by_role("link", name="Payouts", exact=True).click()
    desk.get_by_role("link", name="Daily statements").click()
    desk.get_by_role("link", name=f"{day:%a}, {day.day} {day:%B %Y}").click()
    expect(desk.get_by_role("definition").first).to_have_text(f"${paid:,.2f}")
    with desk.expect_download() as download:
        desk.get_by_role("link", name="Export CSV").click()
    effort.ends("reconcile yesterday's payouts", desk.get_by_role("definition").first, clicks=4)
    with download.value.path().open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert sum(Decimal(row["amount_usd"]) for row in rows) == paid
    assert {row["user_id"] for row in rows} == {"'=1+1"}


def test_it_filters_by_chips_and_walks_back(busy: World, desk: Page) -> None:
    desk.get_by_role("link", name="Payouts", exact=True).click()
    desk.get_by_role("link", name="Yesterday").click()
    desk.wait_for_url("**/payouts/?when=yesterday")
    total = desk.get_by_role("status").filter(has_text="60 payouts")
    expect(total).to_be_visible()
    desk.get_by_role("link", name="Next page").click()
    expect(desk.get_by_role("link", name="Next page")).to_have_count(0)
    expect(desk.get_by_role("row")).to_have_count(31)
    desk.get_by_role("link", name="Previous page").click()
    expect(desk.get_by_role("link", name="Next page")).to_be_visible()
    expect(desk.get_by_role("row")).to_have_count(31)
    desk.get_by_text("More filters").click()
    desk.get_by_label("At least (USD)").fill("300")
    desk.get_by_role("button", name="Filter").click()
    expect(desk.get_by_role("link", name=re.compile(r"At least \$300\.00"))).to_be_visible()
    expect(total).to_have_count(0)
    desk.get_by_role("link", name=re.compile(r"At least \$300\.00")).click()
    expect(total).to_be_visible()
    desk.go_back()
    expect(desk.get_by_role("link", name=re.compile(r"At least \$300\.00"))).to_be_visible()


def test_its_pages_are_accessible_and_fit(
    busy: World, new_context: NewContext, live_server: LiveServer
) -> None:
    page, day = new_context().new_page(), yesterday().date()
    sign_in(page, live_server.url)
    paid = Payout.objects.of(busy.northwind.live).first()
    assert paid is not None
    addresses = (
        "buybacks/",
        f"buybacks/{paid.buyback_id}/",
        f"payouts/{paid.pk}/",
        "payouts/?when=yesterday&state=paid&min=1",
        "payouts/?user=nobody",
        "statements/",
        f"statements/{day}/",
        f"statements/{day}/print/",
        f"statements/{clock.now().date()}/",
    )
    for address in addresses:
        page.goto(f"{live_server.url}/dashboard/live/{address}")
        assert faults(page, NARROW, LIGHT) == [], address


def test_it_prints_black_on_white_with_nothing_of_the_screen(busy: World, desk: Page) -> None:
    day = yesterday().date()
    desk.emulate_media(media="print", color_scheme="dark")
    desk.goto(desk.url + f"statements/{day}/print/")
    expect(desk.get_by_role("heading", level=1)).to_have_text("Northwind Cards")
    expect(desk.get_by_role("row")).to_have_count(62)  # the heading, sixty payouts, the sum
    expect(desk.get_by_role("link", name="Back to the statement")).to_be_hidden()
    colors = (
        "node => [getComputedStyle(node).color, "
        "getComputedStyle(document.documentElement).backgroundColor]"
    )
    assert desk.locator("tbody td").last.evaluate(colors) == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]
