"""Pages that an address alone cannot open: dialogs, refusals, running sellbacks, and others.

Also an invitation, the steps of a second factor, and the error pages. All are accessible and
without overflow.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import chain

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.conf import settings
from django.shortcuts import render
from django.test import RequestFactory
from playwright.sync_api import BrowserContext, Page
from pytest_django.live_server_helper import LiveServer

from buyback.live import steps
from config.foundation import clock
from inventory.models import Item
from partners.models import Membership, User
from partners.people.invitations import invite
from partners.records.actor import SYSTEM
from tests.browser.accessible import LIGHT, NARROW, faults, shown
from tests.browser.conftest import NewContext, answer
from tests.dashboard.steps import confirmed, signed_in
from tests.factors import give_factor
from tests.world import PASSWORD, World, make_item, make_user

pytestmark = pytest.mark.browser

LIVE = "/dashboard/live/"
FAULTS = ("403.html", "403_csrf.html", "429.html", "500.html")


def carry(context: BrowserContext, url: str, user: User, *, fresh: bool = True) -> None:
    """Sign this user in."""
    cookie = (confirmed if fresh else signed_in)(user).cookies[settings.SESSION_COOKIE_NAME]
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie.value, "url": url}])


def strangers(page: Page, url: str, world: World) -> Iterator[str]:
    """Pages before signing in."""
    _, secret = invite(
        partner=world.northwind.partner, email="new@northwind.test", role="viewer", by=SYSTEM
    )
    page.goto(f"{url}/account/invitation/{secret}/")
    yield "invitation"
    page.goto(f"{url}/account/verify/")
    yield "verify"
    give_factor(world.northwind.viewer)
    RecoveryCodes.activate(world.northwind.viewer)
    page.goto(url)
    page.get_by_label("E-mail address").fill(world.northwind.viewer.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/authenticate/")
    yield "second factor"
    for name in FAULTS:
        body = render(RequestFactory().get("/"), name).content.decode()
        page.route(
            "**/fault",
            lambda route, _, body=body: route.fulfill(body=body, content_type="text/html"),
        )
        page.goto(f"{url}/fault")
        yield name


def accounts(page: Page, url: str, world: World) -> Iterator[str]:
    """A user without a team, and one with a second factor."""
    carry(page.context, url, make_user("alone@x.test"))
    page.goto(f"{url}/dashboard/")
    yield "no membership"
    carry(page.context, url, world.northwind.viewer)
    for path in ("recovery-codes/", "recovery-codes/generate/", "webauthn/", "totp/deactivate/"):
        page.goto(f"{url}/account/factors/{path}")
        yield path
    carry(page.context, url, world.northwind.owner, fresh=False)
    page.goto(f"{url}/account/confirm/")
    yield "confirm"


def selling(page: Page, url: str, world: World, held: Item) -> Iterator[str]:
    """An owner at work: dialogs, preview, refusal, running sellback."""
    carry(page.context, url, world.northwind.owner)
    member = Membership.objects.get(user=world.northwind.viewer)
    page.goto(f"{url}{LIVE}team/{member.pk}/")
    yield "teammate"
    page.keyboard.press("?")
    page.get_by_role("dialog", name="Keyboard shortcuts").wait_for()
    yield "shortcuts"
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    page.get_by_role("dialog", name="Command menu").wait_for()
    yield "command menu"
    page.goto(f"{url}{LIVE}users/{held.collector_id}/")
    page.get_by_role("link", name=f"Sell back {held.card.name}").click()
    page.get_by_role("dialog").get_by_role("button", name="Sell back for").wait_for()
    yield "sale"
    page.goto(f"{url}{LIVE}expiring/")
    page.locator('input[name="item"]').first.check()
    page.locator(
        '[formaction$="/bulk/preview/"], form[action$="/bulk/preview/"] button'
    ).first.click()
    page.wait_for_url("**/bulk/preview/")
    yield "preview"
    steps.claim(
        environment=held.environment,
        item_id=held.public_id,
        by=SYSTEM,
        idempotency_row=None,
        now=None,
    )
    page.goto(f"{url}{LIVE}items/{held.pk}/sell/")
    yield "waiting"
    closed = make_item(held.environment, expires_at=clock.now())
    page.goto(f"{url}{LIVE}items/{closed.pk}/sell/")
    yield "refused"


@pytest.mark.hears(answer(403, "/dashboard/"), answer(422, rf"{LIVE}items/\d+/sell/"))
def test_it_is_accessible_and_fits(
    world: World, new_context: NewContext, live_server: LiveServer
) -> None:
    """The steps are taken on the narrow screen; other tests take them on a wide one."""
    now = clock.now()
    closes = now + timedelta(hours=3)
    held = make_item(
        world.northwind.live, card=world.cards[9], pack=world.pack, now=now, expires_at=closes
    )
    url, wrong, page = live_server.url, {}, new_context().new_page()
    shown(page, NARROW)
    for name in chain(
        strangers(page, url, world), accounts(page, url, world), selling(page, url, world, held)
    ):
        wrong[name] = faults(page, LIGHT, NARROW)
    assert {name: found for name, found in wrong.items() if found} == {}
