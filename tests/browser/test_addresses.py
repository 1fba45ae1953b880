"""Whose address it is, in the browser: invited, taken, verified, and in a team."""

from __future__ import annotations

import re

import pytest
from django.conf import settings
from django.core import mail
from playwright.sync_api import Page, expect
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from partners.models import AccessProposal, Membership, User
from tests.admin.conftest import signed_in
from tests.browser.conftest import NewContext, answer, sign_in
from tests.factors import totp_code
from tests.world import PASSWORD, World, make_user

pytestmark = pytest.mark.browser

EMAIL, STORED = "mia@münchen.example", "mia@xn--mnchen-3ya.example"
OTHER = "another long pass phrase"


def invite(page: Page, url: str, owner: str) -> None:
    """An owner invites Mia, typing her address with its umlaut."""
    sign_in(page, url, owner)
    page.goto(url + "/dashboard/live/team/invite/")
    page.get_by_label("E-mail address").fill(EMAIL)
    page.get_by_role("button", name="Create invite link").click()


def join(page: Page, link: str, password: str) -> None:
    page.goto(link)
    page.get_by_label("Choose a password").fill(password)
    page.get_by_role("button", name="Join").click()


def mailed_link() -> str:
    found = re.search(r"http://\S+/account/invitation/\S+", str(mail.outbox[-1].body))
    assert found is not None
    return found[0]


def test_an_owner_cannot_keep_an_account_that_he_opened(
    new_context: NewContext, live_server: LiveServer, world: World, settings: Settings
) -> None:
    """Without a mail server he opens the link himself. Another partner's mail is for Mia."""
    owner = new_context().new_page()
    invite(owner, live_server.url, "owner@northwind.test")
    link = owner.get_by_label("Invitation link").input_value()
    thief = new_context().new_page()
    join(thief, link, PASSWORD)
    thief.wait_for_url("**/dashboard/live/")
    owner.goto(live_server.url + "/dashboard/live/team/")
    expect(owner.get_by_role("row", name=STORED)).to_contain_text("Not verified")
    expect(owner.get_by_text("The account works in this team only.")).to_be_visible()

    settings.EMAIL_URL = "memorymail://"
    other = new_context().new_page()
    invite(other, live_server.url, "owner@juniper.test")
    expect(other.get_by_role("heading", name=f"{STORED} is invited")).to_be_visible()
    expect(other.get_by_label("Invitation link")).to_have_count(0)
    assert mail.outbox[-1].to == [STORED]

    mia = new_context().new_page()
    join(mia, mailed_link(), OTHER)
    mia.wait_for_url("**/dashboard/live/")
    assert Membership.objects.filter(user__email=STORED).count() == 2
    thief.goto(live_server.url + "/dashboard/live/")
    thief.wait_for_url("**/login/**")
    mia.context.clear_cookies()
    mia.goto(live_server.url)
    mia.get_by_label("E-mail address").fill(EMAIL)
    mia.get_by_label("Password").fill(OTHER)
    mia.get_by_role("button", name="Sign in", exact=True).click()
    mia.wait_for_url("**/dashboard/live/")


@pytest.mark.hears(answer(422, "/account/invitation/.*"))
def test_a_code_from_staff_opens_the_way_into_another_team(
    new_context: NewContext, live_server: LiveServer, world: World
) -> None:
    """Nobody has a mail server: the shown link is refused until two superusers made a code."""
    owner, mia = new_context().new_page(), new_context().new_page()
    invite(owner, live_server.url, "owner@northwind.test")
    join(mia, owner.get_by_label("Invitation link").input_value(), PASSWORD)
    mia.wait_for_url("**/dashboard/live/")
    other = new_context().new_page()
    invite(other, live_server.url, "owner@juniper.test")
    link = other.get_by_label("Invitation link").input_value()
    mia.goto(link)
    mia.get_by_role("button", name="Join").click()
    expect(mia.get_by_role("alert")).to_contain_text("a code from Phygitals")

    staff = new_context().new_page()
    staff.goto(live_server.url + "/admin/partners/user/")
    staff.get_by_label("E-mail address").fill(world.admin.email)
    staff.get_by_label("Password").fill(PASSWORD)
    staff.get_by_role("button", name="Sign in", exact=True).click()
    staff.get_by_label("Code").fill(totp_code())
    staff.get_by_role("button", name="Sign in").click()
    pk = User.objects.get(email=STORED).pk
    staff.locator(f'input[name="_selected_action"][value="{pk}"]').check()
    staff.locator('select[name="action"]').select_option("make_verification_code")
    staff.locator('button[name="index"]').click()
    staff.get_by_role("button", name="Propose a code").click()
    colleague = make_user("other@phygitals.test", is_staff=True, is_superuser=True)
    second = new_context().new_page()
    name = settings.SESSION_COOKIE_NAME
    cookie = signed_in(colleague).cookies[name].value
    second.context.add_cookies([{"name": name, "value": cookie, "url": live_server.url}])
    proposal = AccessProposal.objects.get()
    second.goto(f"{live_server.url}/admin/partners/accessproposal/{proposal.pk}/change/")
    second.get_by_role("button", name="Confirm the proposal").click()
    second.get_by_role("button", name="Confirm the proposal").click()
    code = second.locator("#code").input_value()

    mia.goto(live_server.url + "/account/verify/")
    mia.get_by_label("Code").fill(code)
    mia.get_by_label("New password").fill(OTHER)
    mia.get_by_role("button", name="Verify").click()
    expect(mia.get_by_text("Your address is verified.")).to_be_visible()
    mia.get_by_label("E-mail address").fill(EMAIL)
    mia.get_by_label("Password").fill(OTHER)
    mia.get_by_role("button", name="Sign in", exact=True).click()
    mia.wait_for_url("**/dashboard/live/")
    mia.goto(link)
    mia.get_by_role("button", name="Join").click()
    mia.wait_for_url("**/dashboard/live/")
    assert Membership.objects.filter(user__email=STORED).count() == 2
