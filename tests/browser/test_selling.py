"""Log in, find a user, sell an item back, see the payout: in a real browser."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from buyback.models import Payout
from config import clock
from inventory.models import Card, Item
from tests.browser.conftest import sign_in
from tests.world import World, make_collector, make_item

pytestmark = pytest.mark.browser


@pytest.fixture
def item(world: World) -> Item:
    """Ann's North Light, worth 82.50 USD, with an hour and a half left; and one more, so that her grid has two."""
    ann, now = make_collector(world.northwind.live, "ann"), clock.now()
    make_collector(world.northwind.live, "bob")
    make_item(world.northwind.live, collector=ann, card=world.cards[10], pack=world.pack, now=now - timedelta(days=1))
    closes = now + timedelta(minutes=90, seconds=30)
    card = world.cards[9]
    return make_item(world.northwind.live, collector=ann, card=card, pack=world.pack, now=now, expires_at=closes)


def open_dialog(desk: Page) -> None:
    desk.get_by_role("link", name="Users").click()
    desk.get_by_role("link", name="ann").click()
    desk.get_by_role("link", name="Sell back North Light").click()


def test_it_sells_an_item_back_and_shows_the_payout(item: Item, desk: Page) -> None:
    desk.get_by_role("link", name="Users").click()
    desk.get_by_label("User id starts with").press_sequentially("an")
    expect(desk.get_by_role("link", name="bob")).to_have_count(0)
    desk.get_by_role("link", name="ann").click()
    desk.get_by_role("link", name="Sell back North Light").click()
    dialog = desk.get_by_role("dialog", name="Sell back this item?")
    expect(dialog).to_contain_text("85% of $82.50")
    expect(dialog).to_contain_text("1 h 30 min")
    dialog.get_by_role("button", name="Sell back for $70.13").click()
    expect(dialog).to_be_hidden()
    expect(desk.get_by_role("status").filter(has_text="Sold back for $70.13")).to_be_visible()
    expect(desk.get_by_text("1 item in hand")).to_be_visible()
    sold = desk.locator(f"#item-{item.pk}")
    expect(sold.get_by_role("link", name="View payout")).to_be_focused()
    expect(sold.get_by_role("link", name="Sell back")).to_have_count(0)
    sold.get_by_role("link", name="View payout").click()
    expect(desk.get_by_role("heading", level=1)).to_contain_text("$70.13")
    desk.get_by_role("navigation", name="Pages").get_by_role("link", name="Payouts").click()
    expect(desk.get_by_role("row", name="North Light")).to_contain_text("$70.13")
    assert Payout.objects.get().buyback.item_id == item.pk


def test_it_sells_without_any_script(item: Item, browser: Browser, live_server: LiveServer) -> None:
    context = browser.new_context(java_script_enabled=False)
    desk = context.new_page()
    sign_in(desk, live_server.url)
    open_dialog(desk)
    desk.get_by_role("button", name="Sell back for $70.13").click()
    expect(desk.get_by_role("status").filter(has_text="Sold back for $70.13")).to_be_visible()
    desk.get_by_role("link", name="View payout").click()
    expect(desk.get_by_role("heading", level=1)).to_contain_text("$70.13")
    assert Payout.objects.get().amount == Decimal("70.13")
    context.close()


def test_it_shows_the_new_price_when_it_changed_meanwhile(item: Item, desk: Page) -> None:
    open_dialog(desk)
    dialog = desk.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Sell back for $70.13")).to_be_focused()
    Card.objects.filter(pk=item.card_id).update(fmv=Decimal("100.00"))
    dialog.get_by_role("button", name="Sell back for $70.13").click()
    expect(dialog.get_by_role("alert")).to_contain_text("The price has changed from $70.13 to $85.00")
    assert not Payout.objects.exists()
    dialog.get_by_role("button", name="Sell back for $85.00").click()
    expect(dialog).to_be_hidden()
    assert Payout.objects.get().amount == Decimal("85.00")


def test_it_sells_once_for_two_quick_clicks(item: Item, desk: Page) -> None:
    open_dialog(desk)
    desk.get_by_role("button", name="Sell back for $70.13").dblclick()
    expect(desk.get_by_role("dialog")).to_be_hidden()
    expect(desk.locator(f"#item-{item.pk}")).to_contain_text("Sold back")
    assert Payout.objects.count() == 1


def test_it_says_that_a_stale_tab_did_nothing(item: Item, desk: Page) -> None:
    open_dialog(desk)
    field = desk.get_by_role("dialog").locator('[name="environment"]')
    field.evaluate("(field, other) => { field.value = other }", str(item.environment_id + 1))
    desk.get_by_role("button", name="Sell back for $70.13").click()
    expect(desk.get_by_role("dialog", name="This tab is out of date")).to_be_visible()
    assert not Payout.objects.exists()


def test_it_is_worked_by_keyboard_alone(item: Item, desk: Page) -> None:
    desk.keyboard.press("/")
    expect(desk.get_by_label("Search: user id")).to_be_focused()
    desk.keyboard.type("ann?")
    expect(desk.get_by_label("Search: user id")).to_have_value("ann?")
    desk.keyboard.press("Backspace")
    desk.get_by_role("search", name="Everything").get_by_role("link", name="ann", exact=True).wait_for()
    desk.keyboard.press("ArrowDown")
    desk.keyboard.press("Enter")
    desk.wait_for_url("**/users/*/")
    button = desk.get_by_role("link", name="Sell back North Light")
    button.focus()
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("dialog")).to_be_visible()
    desk.keyboard.press("Escape")
    expect(desk.get_by_role("dialog")).to_be_hidden()
    expect(button).to_be_focused()
