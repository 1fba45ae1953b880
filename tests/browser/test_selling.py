"""Sign in, find a user, sell back an item, see the payout: in a real browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from buyback.live import steps
from buyback.models import Payout
from buyback.outcomes import Failure, FailureCode
from config.foundation import clock
from inventory.models import Card, Item
from inventory.pricing import price
from partners.records.actor import SYSTEM
from tests.browser.conftest import NewContext, answer, refuse_twice, refused, sign_in
from tests.browser.effort import Effort
from tests.buyback.live.shop import HASTY, reconciled
from tests.peers.treasury import TreasuryPeer
from tests.world import World, make_collector, make_item, make_treasury_control

pytestmark = pytest.mark.browser

SALE = r"/dashboard/live/items/\d+/sell/"


@pytest.fixture
def item(world: World) -> Item:
    """Ann's North Light, worth 82.50 USD, with 90 minutes left, and a second item in her grid."""
    ann, now = make_collector(world.northwind.live, "ann"), clock.now()
    make_collector(world.northwind.live, "bob")
    make_item(
        world.northwind.live,
        collector=ann,
        card=world.cards[10],
        pack=world.pack,
        now=now - timedelta(days=1),
    )
    closes = now + timedelta(minutes=90, seconds=30)
    card = world.cards[9]
    return make_item(
        world.northwind.live, collector=ann, card=card, pack=world.pack, now=now, expires_at=closes
    )


def open_dialog(desk: Page) -> None:
    desk.get_by_role("link", name="Users").click()
    desk.get_by_role("link", name="ann").click()
    desk.get_by_role("link", name="Sell back North Light").click()


def test_it_sells_an_item_back_in_five_clicks_and_shows_the_payout(
    item: Item, desk: Page, effort: Effort
) -> None:
    effort.begins(desk)
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
    sold = desk.locator(f"#item-{item.pk}")
    effort.ends("sell a card back", sold.get_by_role("link", name="View payout"), clicks=5)
    expect(desk.get_by_text("1 item held")).to_be_visible()
    expect(sold.get_by_role("link", name="View payout")).to_be_focused()
    expect(sold.get_by_role("link", name="Sell back")).to_have_count(0)
    sold.get_by_role("link", name="View payout").click()
    expect(desk.get_by_role("heading", level=1)).to_contain_text("$70.13")
    desk.get_by_role("navigation", name="Pages").get_by_role("link", name="Payouts").click()
    expect(desk.get_by_role("row", name="North Light")).to_contain_text("$70.13")
    assert Payout.objects.get().buyback.item_id == item.pk


def test_it_sells_without_any_script(
    item: Item, new_context: NewContext, live_server: LiveServer
) -> None:
    context = new_context(java_script_enabled=False)
    desk = context.new_page()
    sign_in(desk, live_server.url)
    open_dialog(desk)
    desk.get_by_role("button", name="Sell back for $70.13").click()
    said = desk.get_by_role("status").filter(has_text="Sold back for $70.13")
    expect(said).to_be_visible()
    address = desk.url
    desk.get_by_role("link", name="View payout").click()
    expect(desk.get_by_role("heading", level=1)).to_contain_text("$70.13")
    expect(said).to_have_count(0)
    desk.goto(address)
    expect(desk.get_by_role("main")).to_contain_text("1 sold back for $70.13")
    expect(said).to_have_count(0)
    assert Payout.objects.get().amount == Decimal("70.13")


@pytest.mark.hears("net::ERR_FAILED .*/sell/$", "^htmx:(sendError|afterRequest)")
def test_it_shows_success_for_a_while_and_errors_until_dismissed(item: Item, desk: Page) -> None:
    desk.clock.install()
    open_dialog(desk)
    desk.route("**/sell/", lambda route: route.abort(), times=1)
    desk.get_by_role("button", name="Sell back for $70.13").click()
    said = desk.locator('[role="status"][aria-live="polite"] .toast')
    expect(said).to_contain_text("the outcome is unknown")
    desk.clock.run_for(60_000)
    desk.get_by_role("button", name="Dismiss").press("Enter")
    expect(said).to_have_count(0)
    expect(desk.get_by_role("main")).to_be_focused()
    desk.get_by_role("link", name="Sell back North Light").click()
    desk.get_by_role("button", name="Sell back for $70.13").click()
    said.get_by_role("link", name="View payout").focus()
    desk.clock.run_for(60_000)
    expect(said).to_contain_text("Sold back for $70.13")
    desk.get_by_role("main").focus()
    desk.clock.run_for(10_000)
    expect(said).to_have_count(0)
    desk.reload()
    expect(desk.get_by_role("main")).to_contain_text("1 sold back for $70.13")
    expect(said).to_have_count(0)


@pytest.mark.hears(answer(422, SALE))
def test_it_shows_the_new_price_when_it_changed_meanwhile(item: Item, desk: Page) -> None:
    open_dialog(desk)
    dialog = desk.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Sell back for $70.13")).to_be_focused()
    Card.objects.filter(pk=item.card_id).update(fmv=Decimal("100.00"))
    dialog.get_by_role("button", name="Sell back for $70.13").click()
    expect(dialog.get_by_role("alert")).to_contain_text(
        "The price has changed from $70.13 to $85.00"
    )
    assert not Payout.objects.exists()
    dialog.get_by_role("button", name="Sell back for $85.00").click()
    expect(dialog).to_be_hidden()
    assert Payout.objects.get().amount == Decimal("85.00")


def test_it_announces_that_the_price_lapses_and_shows_it_again(item: Item, desk: Page) -> None:
    desk.clock.install()
    open_dialog(desk)
    dialog = desk.get_by_role("dialog")
    button, said = (
        dialog.get_by_role("button", name="Sell back for $70.13"),
        dialog.get_by_role("status"),
    )
    expect(said).to_be_attached()
    expect(said).to_have_text("")
    desk.clock.run_for(46_000)
    expect(said).to_have_text(re.compile(r"^The price is valid for 1\d more seconds\.$"))
    desk.clock.run_for(15_000)
    expect(said).to_have_text("The offer has expired. Get a new price to sell.")
    expect(button).to_be_disabled()
    again = dialog.get_by_role("link", name="Get a new price")
    expect(again).to_be_focused()
    again.click()
    expect(button).to_be_enabled()
    expect(said).to_have_text("")
    button.click()
    expect(dialog).to_be_hidden()
    assert Payout.objects.get().amount == Decimal("70.13")


@pytest.fixture
def treasury(settings: Settings) -> Iterator[TreasuryPeer]:
    """A treasury that pays the first sellback without responding."""
    make_treasury_control()
    with TreasuryPeer(key="the treasury's key in this test alone") as peer:
        settings.TREASURY_URL, settings.TREASURY_KEY, settings.TREASURY_TIMEOUT = (
            peer.url,
            peer.key.decode(),
            HASTY,
        )
        peer.fault("hang_after", times=1)
        yield peer


@pytest.mark.hears(*refused(r"/dashboard/live/items/\d+/sell/outcome/"))
def test_it_waits_for_an_unknown_outcome_that_resolves_by_itself(
    item: Item, desk: Page, treasury: TreasuryPeer
) -> None:
    desk.clock.install()
    open_dialog(desk)
    dialog = desk.get_by_role("dialog")
    dialog.get_by_role("button", name="Sell back for $70.13").click()
    expect(dialog.get_by_role("heading")).to_have_text("The sellback is in progress")
    expect(dialog).to_contain_text("It is never paid for twice.")
    with desk.expect_response("**/outcome/") as asked:
        desk.clock.run_for(3_000)
    assert (asked.value.status, asked.value.request.headers["x-poll"]) == (204, "1")
    refuse_twice(desk, "**/outcome/")
    assert reconciled(item)
    for status in (429, 503):
        with desk.expect_response("**/outcome/") as asked:
            desk.clock.run_for(3_000)
        assert asked.value.status == status
        expect(dialog).to_contain_text("It is never paid for twice.")
    with desk.expect_response("**/outcome/") as asked:
        desk.clock.run_for(3_000)
    assert asked.value.status == 286
    expect(dialog).to_contain_text("Sold back for $70.13. ann has been paid.")
    expect(desk.locator(".toast")).to_have_count(0)
    assert (Payout.objects.count(), len(treasury.payments)) == (1, 1)


@pytest.mark.hears(answer(422, SALE))
@pytest.mark.parametrize("script", [True, False])
def test_it_explains_a_refusal_of_now_in_four_clicks_and_one_of_before_in_three(
    item: Item, new_context: NewContext, live_server: LiveServer, effort: Effort, script: bool
) -> None:
    """A current refusal: the window closes meanwhile. An earlier one: shown by its sellback."""
    other = Item.objects.exclude(pk=item.pk).get(collector=item.collector)
    attempt = steps.claim(
        environment=other.environment,
        item_id=other.public_id,
        by=SYSTEM,
        idempotency_row=None,
        now=None,
    )
    steps.submit(attempt, price(other), now=None)
    steps.fail(attempt.buyback.pk, failure=Failure(FailureCode.DECLINED, "insufficient funds"))
    context = new_context(java_script_enabled=script)
    desk = context.new_page()
    sign_in(desk, live_server.url)
    effort.begins(desk)
    open_dialog(desk)
    expect(desk.get_by_role("button", name="Sell back for $70.13")).to_be_visible()
    Item.objects.filter(pk=item.pk).update(expires_at=clock.now() - timedelta(seconds=1))
    desk.get_by_role("button", name="Sell back for $70.13").click()
    refusal = desk.get_by_role("dialog" if script else "main")
    expect(refusal.get_by_role("heading")).to_have_text("The sellback window has closed")
    expect(refusal).to_contain_text("ann still holds the card.")
    expect(refusal).to_contain_text("It stays in the inventory, and can still be shipped.")
    effort.ends("explain a refusal of now", refusal, clicks=4)
    refusal.get_by_role("link", name="Back to the inventory").click()
    effort.begins(desk)
    desk.get_by_role("link", name="Sellbacks").click()
    desk.get_by_role("link", name="Failed", exact=True).click()
    desk.get_by_role("link", name=other.card.name).click()
    why = desk.locator(".banner").filter(
        has_text="The treasury declined to pay: insufficient funds."
    )
    expect(why).to_contain_text(
        "If it happens again, send your contact at Phygitals the sellback id."
    )
    effort.ends("explain a refusal of before", why, clicks=3)
    assert not Payout.objects.exists()


def test_it_sells_once_for_two_quick_clicks(item: Item, desk: Page) -> None:
    open_dialog(desk)
    desk.get_by_role("button", name="Sell back for $70.13").dblclick()
    expect(desk.get_by_role("dialog")).to_be_hidden()
    expect(desk.locator(f"#item-{item.pk}")).to_contain_text("Sold back")
    assert Payout.objects.count() == 1


@pytest.mark.hears(answer(409, SALE))
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
    desk.get_by_role("search", name="Everything").get_by_role(
        "link", name="ann", exact=True
    ).wait_for()
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
