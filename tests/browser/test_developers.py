"""Rotate a key in five clicks, find a request, and all developer pages in light and dark."""

from __future__ import annotations

import pytest
from allauth.account.internal.flows import login
from django.conf import settings
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from partners.keys.api_keys import find
from partners.models import ApiKey, User
from tests.browser.accessible import LIGHT, NARROW, faults, shown
from tests.browser.conftest import NewContext, sign_in
from tests.browser.effort import Effort
from tests.calls import make_call
from tests.dashboard.steps import confirmed
from tests.factors import give_factor, totp_code
from tests.world import World, make_key

pytestmark = pytest.mark.browser

KEYS, REQUESTS = "/dashboard/live/developers/keys/", "/dashboard/live/developers/requests/"


@pytest.fixture
def key(world: World) -> ApiKey:
    """Northwind's live key, with one logged call."""
    key = ApiKey.objects.get(environment=world.northwind.live)
    make_call(
        world.northwind.live,
        key=key,
        path="/vm/buyback/" + "x" * 200,
        request_id="request-7",
        sent="",
    )
    make_call(world.northwind.live, key=key, status=409, sent='{"itemId":"' + "y" * 300 + '"}')
    make_call(world.northwind.live, key=key, status=500)
    return key


def owner_signed_in(page: Page, url: str, *, fresh: bool) -> Page:
    """Northwind's owner, who has a second factor, on the overview.

    Not ``fresh``: the last confirmation is too old for key pages.
    """
    owner = User.objects.get(email="owner@northwind.test")
    give_factor(owner)
    client = confirmed(owner)
    if not fresh:
        session = client.session
        session[login.AUTHENTICATION_METHODS_SESSION_KEY] = [{"method": "mfa", "at": 0}]
        session.save()
    name = settings.SESSION_COOKIE_NAME
    page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": url}])
    page.goto(f"{url}/dashboard/live/")
    return page


@pytest.mark.parametrize("script", [True, False])
def test_it_rotates_a_key_in_five_clicks(
    new_context: NewContext, live_server: LiveServer, key: ApiKey, effort: Effort, script: bool
) -> None:
    context = new_context(java_script_enabled=script)
    page = owner_signed_in(context.new_page(), live_server.url, fresh=False)
    effort.begins(page)
    page.get_by_role("link", name="Developers").click()
    page.get_by_role("link", name=f"Rotate {key.name}").click()
    page.get_by_label("Code").fill(totp_code())
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_label("The old key keeps working for")).to_have_value("24")
    page.get_by_role("button", name="Rotate key").click()
    text = page.get_by_label("API key").input_value()
    page.get_by_role("link", name="I have copied it").click()
    expect(page.get_by_role("link", name=f"Rotate {key.name}")).to_have_count(1)
    effort.ends("rotate a key", page.get_by_role("link", name=f"Rotate {key.name}"), clicks=5)
    new = find(text, "live")
    assert new is not None
    assert (new.name, new == key) == (key.name, False)


def test_it_finds_a_request_by_its_outcome(
    page: Page, live_server: LiveServer, key: ApiKey
) -> None:
    sign_in(page, live_server.url)
    page.get_by_role("link", name="Developers").click()
    page.get_by_role("link", name="Requests").click()
    page.get_by_role("link", name="Refused").click()
    page.wait_for_url("**/requests/?status=4xx")
    expect(page.get_by_role("link", name="/vm/buyback/quote")).to_have_count(1)
    page.get_by_role("link", name="/vm/buyback/quote").click()
    expect(page.get_by_role("region", name="Request body")).to_contain_text('"itemId": "yyy')
    page.go_back()
    page.get_by_role("link", name="Remove this filter").click()
    expect(page.get_by_role("row")).to_have_count(4)


def test_it_keeps_error_codes_whole_on_a_phone(
    page: Page, live_server: LiveServer, world: World, key: ApiKey
) -> None:
    make_call(world.northwind.live, key=key, status=409, code="idempotency_key_reused")
    sign_in(page, live_server.url, "owner@northwind.test")
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(live_server.url + REQUESTS)
    code = page.get_by_text("idempotency_key_reused")
    assert code.evaluate("element => element.getClientRects().length") == 1


def test_it_is_accessible_and_fits(
    key: ApiKey, new_context: NewContext, live_server: LiveServer
) -> None:
    page, found = new_context().new_page(), {}
    shown(page, NARROW)
    owner_signed_in(page, live_server.url, fresh=True)
    other, _ = make_key(key.environment, name="Old server")
    one = make_call(key.environment, key=key, sent='{"itemId":"' + "y" * 300 + '"}').pk
    pages = (KEYS, f"{KEYS}new/", f"{KEYS}{key.pk}/rotate/", f"{KEYS}{other.pk}/revoke/", REQUESTS)
    for address in (
        *pages,
        f"{REQUESTS}?status=5xx&path=/vm",
        f"{REQUESTS}?path=/none",
        f"{REQUESTS}{one}/",
        "shown once",
    ):
        if address == "shown once":
            page.goto(f"{live_server.url}{KEYS}{key.pk}/rotate/")
            page.get_by_role("button", name="Rotate key").click()
        else:
            page.goto(live_server.url + address)
        found[address] = faults(page, LIGHT, NARROW)
    assert {address: wrong for address, wrong in found.items() if wrong} == {}
