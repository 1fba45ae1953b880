"""Every page at common sizes, in light and dark, and what the script adds."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from buyback.sellback.sell_back import sell_back
from config.foundation import clock
from partners.records.actor import SYSTEM
from tests.browser.accessible import LIGHT, OF_SIGHT, Look, faults
from tests.browser.conftest import NewContext, answer, refuse_twice, refused, sign_in
from tests.bulk import make_bulk_line
from tests.shipments import make_order
from tests.world import World, make_collector, make_item

pytestmark = pytest.mark.browser

LOOKS = (
    Look("light", 390),
    Look("dark", 1280, OF_SIGHT),
    Look("dark", 1600, OF_SIGHT),
    LIGHT,
)


@pytest.fixture
def addresses(world: World) -> list[str]:
    """Every page, full and empty; one user's id has the maximum length."""
    live, now = world.northwind.live, clock.now()
    collector = make_collector(live, "u" * 255)
    for number, card in enumerate(world.cards[:6]):
        closes = now + timedelta(minutes=20 * number - 30)
        pulled = now - timedelta(days=1)
        make_item(
            live, collector=collector, card=card, pack=world.pack, now=pulled, expires_at=closes
        )
    held = make_item(live, collector=collector, card=world.cards[9], pack=world.pack, now=now)
    sold = make_item(live, collector=collector, card=world.cards[10], pack=world.pack, now=now)
    sent = make_item(live, collector=collector, card=world.cards[11], pack=world.pack, now=now)
    sale = sell_back(environment=live, item_id=sold.public_id, by=SYSTEM)
    doors = ("overview", "activity", "users", "expiring", "bulk_sales", "payouts", "orders")
    lists = [reverse(f"dashboard:{door}", args=[mode]) for door in doors for mode in MODES]
    lists += [
        reverse("dashboard:search", args=["live"]) + query for query in ("", "?q=no", "?q=zzz")
    ]
    many = make_bulk_line(held, state="refused", reason="expired").bulk
    rows = {
        "holdings": collector.pk,
        "user_history": collector.pk,
        "item": held.pk,
        "sell": held.pk,
        "outcome": sold.pk,
        "bulk_sale": many.pk,
        "payout": sale.payout_id,
        "order": make_order(
            live, sent, state="label_created", tracking_number="1Z999AA10123456784"
        ).public_id,
    }
    one = [reverse(f"dashboard:{door}", args=["live", pk]) for door, pk in rows.items()]
    found = ["/dashboard/live/users/?q=nobody", "/dashboard/live/expiring/?within=1h&least=9"]
    return [*lists, *one, *OF_OWNERS, *found, "/nowhere"]


MODES = ("live", "sandbox")
TEAM = (
    "developers/keys/",
    "developers/keys/new/",
    "team/",
    "team/invite/",
    "audit/",
    "audit/?actor=nobody",
)
ACCOUNT = (
    "factors/",
    "factors/totp/activate/",
    "factors/webauthn/add/",
    "sessions/",
    "password/",
    "invitation/x/",
)
OF_OWNERS = [
    *(f"/dashboard/live/{page}" for page in TEAM),
    "/dashboard/sandbox/developers/sandbox/",
    *(f"/account/{page}" for page in ACCOUNT),
]


@pytest.mark.hears(answer(410, "/account/invitation/x/"), answer(404, "/nowhere"))
@pytest.mark.parametrize("half", [0, 1])  # each takes half of the pages, for two processes
def test_it_is_accessible_and_fits(
    addresses: list[str], new_context: NewContext, live_server: LiveServer, half: int
) -> None:
    page, found = new_context().new_page(), {}
    page.goto(live_server.url)
    found["login"] = faults(page, *LOOKS)
    sign_in(page, live_server.url, "owner@northwind.test")
    for address in dict.fromkeys([*addresses[half::2], "/account/invitation/x/", "/nowhere"]):
        page.goto(live_server.url + address)
        found[address] = faults(page, *LOOKS)
    assert {address: wrong for address, wrong in found.items() if wrong} == {}


def test_it_shows_times_in_the_viewers_zone_and_utc_on_hover(world: World, desk: Page) -> None:
    make_item(world.northwind.live)
    desk.goto(desk.url + "users/")
    pulled = desk.locator("time[data-moment]").first
    expect(pulled).to_have_text(re.compile(r"Apr 19, 2026, 4:05.AM"))
    expect(pulled).to_have_attribute("title", "2026-04-18 19:05:14 UTC")
    pulled.click()  # it is clickable and follows its row's link
    desk.wait_for_url("**/users/*/")


def test_it_counts_down_by_the_sandboxs_own_clock(world: World, desk: Page) -> None:
    here = world.northwind.sandbox
    here.clock_offset = timedelta(days=3)
    here.save()
    item = make_item(here, now=here.now() - timedelta(days=7) + timedelta(minutes=30))
    desk.goto(desk.url.replace("/live/", "/sandbox/") + f"users/{item.collector_id}/")
    expect(desk.locator("time[data-countdown]")).to_have_text(re.compile(r"^29 min \d+ s$"))
    expect(desk.locator("time[data-countdown]")).to_have_class("soon")


def test_it_lists_the_shortcuts_and_lets_one_switch_them_off(desk: Page) -> None:
    sheet = desk.get_by_role("dialog", name="Keyboard shortcuts")
    desk.keyboard.press("?")
    expect(sheet).to_be_visible()
    sheet.get_by_label("Use single-key shortcuts").uncheck()
    sheet.get_by_role("button", name="Close").click()
    desk.reload()
    desk.keyboard.press("?")
    expect(sheet).to_be_hidden()
    desk.get_by_role("button", name="Account").click()
    desk.get_by_role("button", name="Keyboard shortcuts").click()
    expect(sheet).to_be_visible()


def test_it_signs_out(desk: Page) -> None:
    desk.get_by_role("button", name="Account").click()
    desk.get_by_role("button", name="Sign out").click()
    expect(desk.get_by_role("heading", name="Sign in")).to_be_visible()


def test_it_walks_back_through_searches(world: World, desk: Page) -> None:
    for name in ("ann", "bob"):
        make_collector(world.northwind.live, name)
    desk.get_by_role("link", name="Users").click()
    desk.get_by_label("User id starts with").fill("ann")
    desk.wait_for_url("**/users/?q=ann")
    expect(desk.get_by_role("link", name="bob")).to_have_count(0)
    desk.go_back()
    expect(desk.get_by_role("link", name="bob")).to_be_visible()


def test_it_goes_to_a_section_by_two_keys(desk: Page) -> None:
    desk.keyboard.press("g")
    desk.keyboard.press("p")
    expect(desk.get_by_role("heading", name="Payouts")).to_be_visible()


def test_it_finds_and_does_things_from_the_command_menu(world: World, desk: Page) -> None:
    make_item(world.northwind.live, card=world.cards[9])
    menu = desk.get_by_role("dialog", name="Command menu")
    desk.keyboard.press("Control+k")
    desk.keyboard.type("north")
    expect(menu.get_by_role("link", name="North Light")).to_be_visible()
    menu.get_by_role("searchbox").fill("switch")
    expect(menu.get_by_role("listitem")).to_have_count(1)
    desk.keyboard.press("Enter")
    desk.wait_for_url("**/sandbox/")


def test_it_opens_the_menu_on_a_small_screen(desk: Page) -> None:
    desk.set_viewport_size({"width": 390, "height": 800})
    expect(desk.get_by_role("link", name="Users")).to_be_hidden()
    desk.get_by_role("button", name="Menu", exact=True).click()
    desk.get_by_role("link", name="Users").click()
    expect(desk.get_by_role("heading", name="Users")).to_be_visible()


@pytest.mark.hears(*refused("/dashboard/live/users/"))
def test_it_says_by_which_request_a_part_did_not_come(desk: Page) -> None:
    desk.goto(desk.url + "users/")
    refuse_twice(desk, "**/users/?q=*")
    for start, request_id in (("a", "refused-429"), ("an", "refused-503")):
        desk.get_by_label("User id starts with").fill(start)
        expect(desk.get_by_role("alert")).to_contain_text(request_id)
    desk.get_by_label("User id starts with").fill("ann")
    expect(desk.get_by_role("alert")).to_have_count(0)


@pytest.mark.hears(*refused("/dashboard/live/activity/"))
def test_it_shows_what_happens_by_itself(world: World, desk: Page) -> None:
    item = make_item(world.northwind.live, card=world.cards[9])
    desk.clock.install()
    desk.reload()
    activity = desk.get_by_role("region", name="Recent activity")
    refuse_twice(desk, "**/activity/")
    sell_back(environment=item.environment, item_id=item.public_id, by=SYSTEM)
    for status in (429, 503):
        with desk.expect_response("**/activity/") as asked:
            desk.clock.run_for(15_000)
        assert asked.value.status == status
        expect(activity).to_contain_text("No activity yet")
    desk.clock.run_for(15_000)
    expect(activity).to_contain_text("North Light")
    expect(desk.locator(".toast")).to_have_count(0)


@pytest.mark.hears(
    "nobody caught this",
    "violates the following Content Security Policy",
    answer(404, "/static/no.css"),
)
def test_it_notices_errors_in_every_browser(
    new_context: NewContext, live_server: LiveServer
) -> None:
    page = new_context().new_page()
    page.goto(live_server.url)
    page.evaluate("() => void setTimeout(() => { throw new Error('nobody caught this') })")
    page.evaluate(
        "() => document.body.append(Object.assign(document.createElement('style'), { "
        "textContent: 'a {}' }))"
    )
    page.evaluate("() => fetch('/static/no.css')")
