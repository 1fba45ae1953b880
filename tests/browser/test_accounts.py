"""Signing in with a second factor: an authenticator app, and a passkey of a (virtual) device."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from allauth.mfa.totp.internal import auth as totp
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.browser.conftest import sign_in
from tests.world import PASSWORD, World

pytestmark = pytest.mark.browser

PLATFORM = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
}


@pytest.fixture
def half_minute(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The current half minute for the app and the server; only the test advances it."""
    now = [59_000_000]

    def counters() -> Iterator[int]:
        return iter(now)

    monkeypatch.setattr(totp, "yield_hotp_counters_from_time", counters)
    return now


def shown(secret: str, half_minute: list[int]) -> str:
    """The code of an authenticator app, half a minute later than before."""
    half_minute[0] += 1
    return totp.format_hotp_value(totp.hotp_value(secret, half_minute[0]))


def give_password(page: Page, url: str) -> None:
    page.goto(url)
    page.get_by_label("E-mail address").fill("operator@northwind.test")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def test_it_sets_up_an_app_and_signs_in_with_it(
    page: Page, live_server: LiveServer, world: World, half_minute: list[int]
) -> None:
    sign_in(page, live_server.url)
    page.goto(live_server.url + "/account/factors/")
    page.get_by_role("link", name="Set up the app").click()
    expect(page.get_by_role("img", name="The key below as a QR code")).to_be_visible()
    secret = page.get_by_label("Key", exact=True).input_value()
    page.get_by_label("Authenticator code").fill(shown(secret, half_minute))
    page.get_by_role("button", name="Turn it on").click()
    expect(page.locator(".codes li")).to_have_count(10)
    page.get_by_role("link", name="I have saved them").click()
    page.context.clear_cookies()
    give_password(page, live_server.url)
    page.get_by_label("Code").fill(shown(secret, half_minute))
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/dashboard/live/")


def test_it_adds_a_passkey_and_signs_in_with_it_alone(
    page: Page, live_server: LiveServer, world: World
) -> None:
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    device.send(
        "WebAuthn.addVirtualAuthenticator",
        {"options": PLATFORM | {"isUserVerified": True, "automaticPresenceSimulation": True}},
    )
    sign_in(page, live_server.url)
    page.goto(live_server.url + "/account/factors/webauthn/add/")
    page.get_by_label("Passwordless").check()
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    page.context.clear_cookies()
    give_password(page, live_server.url)
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url("**/dashboard/live/")
    page.context.clear_cookies()
    page.goto(live_server.url)
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url("**/dashboard/live/")


def test_it_says_so_when_a_passkey_is_not_used(
    page: Page, live_server: LiveServer, world: World
) -> None:
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    device.send(
        "WebAuthn.addVirtualAuthenticator",
        {"options": PLATFORM | {"isUserVerified": False, "automaticPresenceSimulation": True}},
    )
    page.goto(live_server.url)
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("alert")).to_contain_text("The passkey did not work")
