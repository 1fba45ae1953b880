"""The jobs of Phygitals' staff in a real browser.

Onboard and limit a partner, pause sellbacks, set a window, reconcile a sellback, decide in dual
control, answer an auditor.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from buyback.live import steps
from buyback.models import Buyback, Difference, Transfer, TreasuryControl
from buyback.outcomes import Failure, FailureCode
from buyback.sellback.sell_back import sell_back
from inventory.forgetting import traces
from inventory.models import Item
from inventory.pricing import price
from partners.keys.api_keys import find
from partners.models import AuditEntry, ForgottenUser
from partners.records.actor import SYSTEM
from tests.admin.conftest import in_group, signed_in
from tests.browser.conftest import NewContext
from tests.kept import make_difference, make_report
from tests.shipments import ADDRESS, make_order
from tests.world import World, make_item, make_treasury_control

pytestmark = pytest.mark.browser

Desk = Callable[..., Page]


@pytest.fixture
def desk(new_context: NewContext, live_server: LiveServer, world: World) -> Desk:
    """Opens the admin for a signed-in member of a group, each in a separate browser."""

    def open_for(group: str) -> Page:
        client = signed_in(in_group(group))
        context = new_context()
        cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
        context.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}]
        )
        page = context.new_page()
        page.goto(f"{live_server.url}/admin/")
        return page

    return open_for


def go_on(page: Page) -> None:
    page.locator("#content input[type=submit]").click()


def in_review(world: World) -> Buyback:
    item = make_item(world.northwind.live)
    attempt = steps.claim(
        environment=item.environment,
        item_id=item.public_id,
        by=SYSTEM,
        idempotency_row=None,
        now=None,
    )
    steps.submit(attempt, price(attempt.item), now=None)
    steps.send_to_review(attempt.pk, failure=Failure(FailureCode.MISMATCH, "amount"), now=None)
    return attempt.buyback


def test_it_onboards_a_partner_and_stops_it(desk: Desk) -> None:
    page = desk("operations")
    page.get_by_role("link", name="Partners", exact=True).last.click()
    page.get_by_role("link", name="Add partner").first.click()
    page.get_by_label("Name").fill("Tidal Cards")
    page.get_by_label("Slug").fill("tidal")
    page.get_by_label("First owner").fill("mia@tidal.test")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", name="Tidal Cards can begin")).to_be_visible()
    text = page.get_by_label("Sandbox key").input_value()
    assert find(text, "sandbox") is not None
    page.get_by_role("link", name="I have copied it").click()
    page.get_by_role("button", name="Suspend …").click()
    page.get_by_label("Why?").fill("the contract ended")
    go_on(page)
    expect(page.get_by_text("Suspended: its keys answer 401")).to_be_visible()
    assert find(text, "sandbox") is None


def test_it_stops_a_leak(desk: Desk, world: World) -> None:
    make_treasury_control()
    page = desk("treasury")
    page.get_by_role("link", name=re.compile("^Treasury control")).first.click()
    page.get_by_role("link", name="Treasury control", exact=True).last.click()
    page.get_by_label("Paused").check()
    page.get_by_label("Reason").fill("prices are wrong since noon")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("row", name="Paused")).to_contain_text("yes")
    go_on(page)
    page.wait_for_url("**/treasurycontrol/")
    assert TreasuryControl.objects.get().paused
    assert AuditEntry.objects.get().after == {
        "paused": True,
        "reason": "prices are wrong since noon",
    }


def test_it_resolves_a_review_by_two_people(desk: Desk, world: World) -> None:
    sale = in_review(world)
    first, second = desk("treasury"), desk("treasury")
    for page in (first, second):
        page.goto(f"{page.url}buyback/buyback/{sale.pk}/change/")
        expect(page.get_by_role("group", name="Story")).to_contain_text("mismatch: amount")
    first.get_by_role("button", name="Propose: it was paid …").click()
    first.get_by_label("How do you know?").fill("seen on statement 7")
    go_on(first)
    expect(first.get_by_role("button", name="Confirm the proposal …")).to_have_count(0)
    second.reload()
    second.get_by_role("button", name="Confirm the proposal …").click()
    expect(second.get_by_text("seen on statement 7")).to_be_visible()
    go_on(second)
    expect(second.get_by_text("Confirmed. The sellback is settled.")).to_be_visible()
    assert Item.objects.get().state == "sold"


def test_it_reverses_a_payout_by_two_people(desk: Desk, world: World) -> None:
    item = make_item(world.northwind.live)
    sale = sell_back(environment=item.environment, item_id=item.public_id, by=SYSTEM)
    first, second = desk("treasury"), desk("treasury")
    for page in (first, second):
        page.goto(f"{page.url}buyback/buyback/{sale.buyback_id}/change/")
    first.get_by_role("button", name="Propose a reversal …").click()
    first.get_by_label("How do you know?").fill("the bank's letter 12")
    go_on(first)
    expect(
        first.get_by_text("Proposed to reverse $70.13. Another person must confirm it.")
    ).to_be_visible()
    expect(first.get_by_role("button", name="Confirm the reversal …")).to_have_count(0)
    own = first.get_by_role("button", name="Withdraw the reversal …")
    own.evaluate("button => { button.value = 'confirm_reversal' }")  # she has no such button
    own.click()
    go_on(first)
    expect(
        first.get_by_text("Another person must confirm: you made this proposal.")
    ).to_be_visible()
    assert Transfer.objects.count() == 1
    second.reload()
    second.get_by_role("button", name="Confirm the reversal …").click()
    expect(second.get_by_text("the bank's letter 12")).to_be_visible()
    go_on(second)
    expect(second.get_by_text("Reversed: a ledger line brings $70.13 back")).to_be_visible()
    expect(second.get_by_role("button", name=re.compile("reversal"))).to_have_count(0)
    expect(second.get_by_text("Paid out → Treasury: $70.13")).to_be_visible()
    assert (
        Transfer.objects.filter(
            debit="paid_out", credit="treasury", amount=item.buyback_price
        ).count()
        == 1
    )


def test_it_resolves_a_difference_with_the_treasury(desk: Desk) -> None:
    difference = make_difference(report=make_report(name="pay.test"))
    first = desk("treasury")
    first.get_by_role("link", name="Differences with the treasury").click()
    first.get_by_role("link", name=str(difference.pk), exact=True).click()
    first.get_by_role("button", name="Propose a resolution …").click()
    first.get_by_label("What was done?").fill("taken back, letter 12")
    go_on(first)
    expect(first.get_by_text("Proposed. Another person must confirm it.")).to_be_visible()
    expect(first.get_by_role("button", name="Confirm the resolution …")).to_have_count(0)
    second = desk("treasury")
    second.goto(first.url)
    second.get_by_role("button", name="Confirm the resolution …").click()
    expect(second.get_by_text("taken back, letter 12")).to_be_visible()
    go_on(second)
    expect(second.get_by_text("Confirmed. The difference is resolved.")).to_be_visible()
    assert Difference.objects.get().state == "resolved"


def test_it_answers_an_auditor(desk: Desk, world: World) -> None:
    item = make_item(world.northwind.live)
    sale = sell_back(environment=item.environment, item_id=item.public_id, by=SYSTEM)
    page = desk("treasury")
    page.get_by_role("link", name="Buybacks").last.click()
    page.locator("#searchbar").fill(item.public_id)
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name=str(sale.buyback_id)).click()
    story = page.get_by_role("group", name="Story")
    expect(story).to_contain_text("85% of $82.50: $70.13")
    expect(story).to_contain_text("Event for the partner")
    story.get_by_role("link", name="Transfer").click()
    page.get_by_role("link", name="Transfers").first.click()
    page.get_by_role("button", name="Check all ledger rules").click()
    expect(page.get_by_role("heading", name="Ledger check")).to_be_visible()
    expect(page.get_by_text("Broken")).to_have_count(0)
    page.goto(re.sub(r"/admin/.*", "/admin/partners/auditentry/", page.url))
    expect(page.get_by_text("ledger.checked")).to_be_visible()
    assert Transfer.objects.count() == 1


def test_it_extends_and_closes_a_window(desk: Desk, world: World) -> None:
    here = world.northwind.live
    item = make_item(here, now=here.now(), expires_at=here.now() + timedelta(hours=1))
    page = desk("operations")
    page.goto(f"{page.url}inventory/item/{item.pk}/change/")
    page.get_by_role("button", name="Extend the window …").click()
    page.get_by_label("New deadline (UTC)").fill(f"{here.now() + timedelta(days=2):%Y-%m-%dT%H:%M}")
    page.get_by_label("Why?").fill("our outage")
    go_on(page)
    expect(page.get_by_text("Extended: it can be sold back until")).to_be_visible()
    page.get_by_role("button", name="Close the window …").click()
    page.get_by_label("Why?").fill("a wrong price")
    go_on(page)
    expect(page.get_by_text("Closed: it can no longer be sold back.")).to_be_visible()
    item.refresh_from_db()
    assert not item.window_is_open(here.now())
    assert [entry.after["reason"] for entry in AuditEntry.objects.order_by("pk")] == [
        "our outage",
        "a wrong price",
    ]


def test_it_limits_a_partner(desk: Desk, world: World) -> None:
    """Operations limits its calls, treasury its daily money."""
    for group, button, label, value in (
        ("operations", "Limit calls …", "Live, calls a minute", "60"),
        ("treasury", "Cap a day …", "USD of live sellbacks in a UTC day", "1500"),
    ):
        page = desk(group)
        page.goto(f"{page.url}partners/partner/{world.northwind.partner.pk}/change/")
        page.get_by_role("button", name=button).click()
        page.get_by_label(label).fill(value)
        page.get_by_label("Why?").fill("a flood")
        go_on(page)
    limits = page.get_by_role("row").filter(has_text="Live")
    expect(limits.get_by_role("cell", name="60", exact=True)).to_be_visible()
    expect(limits.get_by_role("cell", name="$1,500.00", exact=True)).to_be_visible()
    live = world.northwind.live
    live.refresh_from_db()
    assert (live.calls_per_minute, live.cap_per_day) == (60, 1500)


def test_it_reconciles_an_open_sale_now(desk: Desk, world: World) -> None:
    """Its request died before the treasury was called, and its lease has expired."""
    item = make_item(world.northwind.live)
    here = item.environment
    long_ago = here.now() - timedelta(minutes=5)
    sale = steps.claim(
        environment=here, item_id=item.public_id, by=SYSTEM, idempotency_row=None, now=long_ago
    )
    page = desk("treasury")
    page.goto(f"{page.url}buyback/buyback/{sale.pk}/change/")
    page.get_by_role("button", name="Reconcile now …").click()
    go_on(page)
    expect(page.get_by_text("The sellback is now closed.")).to_be_visible()
    expect(page.get_by_role("group", name="Story")).to_contain_text("abandoned")
    item.refresh_from_db()
    assert item.state == "held"


def test_it_forgets_a_user(desk: Desk, world: World) -> None:
    item = make_item(world.northwind.live)
    order = make_order(world.northwind.live, item, state="delivered")
    user = item.collector
    page = desk("operations")
    page.goto(page.url + f"inventory/collector/{user.pk}/change/")
    page.get_by_role("button", name="Forget the user").click()
    expect(page.get_by_role("heading", name="Erase this user's personal data?")).to_be_visible()
    page.get_by_label("Why?").fill("asked by letter")
    go_on(page)
    expect(page.get_by_text("The user is now forgotten-").first).to_be_visible()
    expect(page.get_by_role("button", name="Forget the user")).to_have_count(0)
    user.refresh_from_db()
    assert user.user_id.startswith("forgotten-")
    traces.erase(ForgottenUser.objects.get())
    page.goto(page.url.replace(f"collector/{user.pk}", f"shippingorder/{order.pk}"))
    expect(page.get_by_text("Address erased at")).to_be_visible()
    expect(page.get_by_text(ADDRESS["line1"])).to_have_count(0)
