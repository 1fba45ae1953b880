"""Find what happened to a card, and save a list's filters, with and without scripts."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from buyback.sellback.sell_back import sell_back
from config.foundation import clock
from inventory.models import Item
from partners.models import SavedView
from partners.records.actor import SYSTEM
from tests.browser.conftest import NewContext, sign_in
from tests.browser.effort import Effort
from tests.world import World, make_collector, make_item

pytestmark = pytest.mark.browser


@pytest.fixture
def sold(world: World) -> Item:
    """Ann's North Light, pulled two days ago and sold back yesterday."""
    live, now = world.northwind.live, clock.now()
    ann = make_collector(live, "ann")
    item = make_item(
        live, collector=ann, card=world.cards[9], pack=world.pack, now=now - timedelta(days=2)
    )
    sell_back(environment=live, item_id=item.public_id, by=SYSTEM, now=now - timedelta(days=1))
    make_item(live, collector=ann, card=world.cards[10], pack=world.pack, now=now)
    return item


@pytest.mark.parametrize("script", [True, False])
def test_it_finds_a_cards_fate_in_two_clicks(
    sold: Item, new_context: NewContext, live_server: LiveServer, effort: Effort, script: bool
) -> None:
    context = new_context(java_script_enabled=script)
    desk = context.new_page()
    sign_in(desk, live_server.url)
    effort.begins(desk)
    field = desk.get_by_label("Search: user id")
    field.click()
    field.press_sequentially("north l")
    if not script:
        field.press("Enter")
    found = desk.get_by_role("search", name="Everything") if script else desk.get_by_role("main")
    found.get_by_role("link", name="North Light").click()
    expect(desk.get_by_role("heading", level=1)).to_contain_text("North Light Sold back")
    steps = desk.get_by_role("region", name="Timeline").get_by_role("listitem")
    titles = [text.split("\n")[0] for text in steps.all_inner_texts()]
    expect(steps).to_have_count(4)
    for text, title in zip(
        titles, ("Paid to the user", "Sold back", "Sellback asked for", "Pulled"), strict=True
    ):
        assert text.startswith(title)
    effort.ends("find a card's fate", steps.first, clicks=2)
    desk.get_by_role("link", name="View payout").click()
    expect(desk.get_by_role("heading", level=1)).to_contain_text("$70.13")


def test_it_walks_from_a_user_through_their_history_to_a_card(sold: Item, desk: Page) -> None:
    desk.get_by_role("link", name="Users").click()
    desk.get_by_role("link", name="ann").click()
    desk.get_by_role("navigation", name="View").get_by_role("link", name="Table").click()
    expect(desk.get_by_role("region", name="Table of items").get_by_role("row")).to_have_count(2)
    desk.get_by_role("link", name="History").click()
    desk.get_by_role("link", name="North Light").first.click()
    expect(desk.get_by_role("heading", level=1)).to_contain_text("North Light")


def test_it_sells_back_from_the_items_page(sold: Item, desk: Page) -> None:
    held = Item.objects.get(state="held")
    desk.goto(f"{desk.url}items/{held.pk}/")
    desk.get_by_role("main").get_by_role("link", name="Sell back").click()
    dialog = desk.get_by_role("dialog", name="Sell back this item?")
    dialog.get_by_role("button", name="Sell back for").click()
    expect(desk.get_by_role("heading", level=1)).to_contain_text("Sold back")
    held.refresh_from_db()
    assert held.state == "sold"


@pytest.mark.parametrize("script", [True, False])
def test_it_keeps_a_lists_filters_under_a_name(
    sold: Item, new_context: NewContext, live_server: LiveServer, script: bool
) -> None:
    context = new_context(java_script_enabled=script)
    desk = context.new_page()
    sign_in(desk, live_server.url)
    desk.get_by_role("link", name="Users").click()
    desk.get_by_label("User id starts with").fill("an")
    desk.get_by_role("button", name="Search", exact=True).click()
    desk.wait_for_url("**/users/?q=an")
    desk.get_by_text("Save this view").click()
    desk.get_by_label("Name of the view").fill("The Anns")
    desk.get_by_role("button", name="Save", exact=True).click()
    expect(desk.get_by_role("status").filter(has_text="is saved")).to_be_visible()
    assert SavedView.objects.get().query == "q=an"
    desk.get_by_role("link", name="Users").click()
    desk.get_by_role("link", name="The Anns").click()
    expect(desk.get_by_label("User id starts with")).to_have_value("an")
    desk.get_by_role("button", name="Delete view The Anns").click()
    expect(desk.get_by_role("link", name="The Anns")).to_have_count(0)
