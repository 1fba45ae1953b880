"""One employee of operations tries to take money: refused at each step, in a real browser.

Before, it worked: issue a live key, buy a pull, set the card's value to 950,000 and be paid
807,500.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings as site
from playwright.sync_api import Page, expect
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from buyback.models import Buyback
from buyback.sellback.sell_back import sell_back
from inventory.models import Card, PriceProposal
from partners.models import AccessProposal, ApiKey, Invitation, Membership, Partner, User
from partners.records.actor import SYSTEM
from tests.admin.conftest import in_group, signed_in
from tests.admin.test_access import aged
from tests.browser.conftest import NewContext
from tests.world import World, make_item

pytestmark = pytest.mark.browser

Desk = Callable[[User], Page]
VALUE = Decimal("82.50")


@pytest.fixture
def desk(new_context: NewContext, live_server: LiveServer, world: World) -> Desk:
    """Opens the admin for a person of the staff, in a separate browser."""

    def open_for(user: User) -> Page:
        value = signed_in(user).cookies[site.SESSION_COOKIE_NAME].value
        context = new_context()
        context.add_cookies(
            [{"name": site.SESSION_COOKIE_NAME, "value": value, "url": live_server.url}]
        )
        page = context.new_page()
        page.goto(f"{live_server.url}/admin/")
        return page

    return open_for


@pytest.fixture
def insider(world: World, settings: Settings) -> User:
    """A member of operations of long standing."""
    settings.DUAL_CONTROL_MIN_AGE = 86_400
    return aged(in_group("operations"), 48)


def at(page: Page, path: str) -> None:
    page.goto(f"{page.url.partition('/admin/')[0]}/admin/{path}")


def save(page: Page) -> None:
    page.get_by_role("button", name="Save", exact=True).click()


def forge(page: Page, step: str) -> None:
    """Press the page's button as if it were another, and confirm."""
    button = page.locator("form.steps button").first
    button.evaluate("(button, step) => { button.value = step }", step)
    button.click()
    page.locator("#content input[type=submit]").click()


def test_an_employee_gets_no_live_key(desk: Desk, insider: User, world: World) -> None:
    page, live = desk(insider), world.northwind.live
    before = ApiKey.objects.count()
    at(page, "partners/apikey/add/")
    page.get_by_label("Name").fill("Server")
    page.locator("select[name=environment]").evaluate(
        "(select, pk) => { select.add(new Option('live', pk, true, true)) }", str(live.pk)
    )
    save(page)
    expect(page.get_by_text("Select a valid choice")).to_be_visible()
    assert ApiKey.objects.count() == before


def test_an_employee_gets_no_shop_of_their_own(desk: Desk, insider: User) -> None:
    page = desk(insider)
    at(page, "partners/partner/add/")
    for label, value in (("Name", "Mine"), ("Slug", "mine"), ("First owner", "me@x.test")):
        page.get_by_label(label).fill(value)
    save(page)
    expect(page.get_by_label("Sandbox key")).to_have_value(re.compile("^sandbox-"))
    expect(page.get_by_label("Live key")).to_have_count(0)
    page.locator("#content").get_by_role("link", name="Access proposals").click()
    expect(page.get_by_role("button", name="Confirm the proposal …")).to_have_count(0)
    forge(page, "confirm")
    expect(page.get_by_text("Another person must confirm: you made this")).to_be_visible()
    assert not Invitation.objects.exists()
    assert not Membership.objects.filter(partner__slug="mine").exists()
    assert Partner.objects.get(slug="mine").environments.get(mode="live").api_keys.count() == 0
    at(page, "partners/membership/")
    expect(page.get_by_role("link", name="Add membership")).to_have_count(0)
    assert AccessProposal.objects.get().confirmed_at is None


def test_an_employee_raises_no_price_and_is_paid_the_old_one(
    desk: Desk, insider: User, world: World, tmp_path: Path
) -> None:
    item = make_item(world.northwind.live)
    card, page = item.card, desk(insider)
    at(page, f"inventory/card/{card.pk}/change/")
    page.get_by_label("Market value").fill("950000")
    save(page)
    expect(page.get_by_text("Another person must confirm").first).to_be_visible()
    file = tmp_path / "prices.csv"
    file.write_text(
        f"source_type,mint_address,name,fmv\n{card.source_type},{card.mint_address},X,950000\n"
    )
    at(page, "inventory/card/import/")
    page.get_by_label("Catalogue").set_input_files(file)
    page.locator("#content input[type=submit]").click()
    expect(page.get_by_text("1 of these have a price out of bounds")).to_be_visible()
    page.get_by_role("button", name="Import exactly this file").click()
    expect(page.get_by_text("Another person must confirm").first).to_be_visible()
    for proposal in PriceProposal.objects.order_by("pk"):
        at(page, f"inventory/priceproposal/{proposal.pk}/change/")
        expect(page.get_by_role("button", name="Confirm the prices …")).to_have_count(0)
        forge(page, "confirm")
        expect(page.get_by_text("Another person must confirm: you made this")).to_be_visible()
    card.refresh_from_db()
    assert card.fmv == VALUE
    sell_back(environment=item.environment, item_id=item.public_id, by=SYSTEM)
    assert Buyback.objects.get().amount == Decimal("70.13")


def test_a_new_accomplice_cannot_confirm_and_a_colleague_can(
    desk: Desk, insider: User, world: World
) -> None:
    card = make_item(world.northwind.live).card
    page = desk(insider)
    at(page, f"inventory/card/{card.pk}/change/")
    page.get_by_label("Market value").fill("9500")
    save(page)
    path = f"inventory/priceproposal/{PriceProposal.objects.get().pk}/change/"
    for user, said in (
        (in_group("operations"), "too recent to confirm this proposal"),
        (aged(in_group("operations"), 48), "Confirmed: 0 created, 1 updated."),
    ):
        second = desk(user)
        at(second, path)
        expect(second.get_by_role("cell", name="$9,500.00")).to_be_visible()
        assert Card.objects.get(pk=card.pk).fmv == VALUE
        second.get_by_role("button", name="Confirm the prices …").click()
        second.locator("#content input[type=submit]").click()
        expect(second.get_by_text(said)).to_be_visible()
    assert Card.objects.get(pk=card.pk).fmv == 9500
