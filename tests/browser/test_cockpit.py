"""An admin's jobs in a real browser: launch a pack, pause a pack, check the exposure."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.urls import reverse
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from buyback import tasks
from buyback.exposure import snapshot
from config.foundation import clock
from inventory.models import Card, Pack
from inventory.packs.purchases import buy_pulls
from partners.models import User
from partners.records.actor import SYSTEM
from tests.admin.conftest import signed_in
from tests.world import World, make_item

pytestmark = pytest.mark.browser

FILE = (
    "source_type,mint_address,name,fmv,pack\n"
    "enft,MintSpringOne,Spring One,12.00,spring-tide\n"
    "enft,MintSpringTwo,Spring Two,40.00,spring-tide\n"
)


def carry_session(context: BrowserContext, url: str) -> None:
    """The admin's session; signing in is tested elsewhere."""
    cookie = signed_in(User.objects.get(is_superuser=True)).cookies[settings.SESSION_COOKIE_NAME]
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie.value, "url": url}])


@pytest.fixture
def office(page: Page, context: BrowserContext, live_server: LiveServer, world: World) -> Page:
    """The admin's home page."""
    carry_session(context, live_server.url)
    page.goto(live_server.url + reverse("admin:index"))
    return page


def add_pack(office: Page) -> None:
    """Add a pack with two tiers by its form."""
    office.get_by_role("link", name="Add", exact=True).and_(
        office.locator('[href$="/inventory/pack/add/"]')
    ).click()
    for label, value in (("Name:", "Spring Tide"), ("Slug:", "spring-tide"), ("Price:", "20")):
        office.get_by_label(label).first.fill(value)
    tiers = (
        ("0", "Common", "#94a3b8", "5", "20", "90"),
        ("1", "Rare", "#3b82f6", "20", "100", "10"),
    )
    for number, values in enumerate(tiers):
        for name, value in zip(
            ("position", "name", "color", "lower", "upper", "weight"), values, strict=True
        ):
            office.locator(f"#id_tiers-{number}-{name}").fill(value)
    office.get_by_role("button", name="Save and continue editing").click()


def test_it_launches_a_pack(world: World, office: Page) -> None:
    add_pack(office)
    expect(
        office.get_by_text("None of its tiers has a card, so nothing can be pulled.").first
    ).to_be_visible()
    page = office.url
    office.goto(office.url.split("/inventory/")[0] + "/inventory/card/")
    office.get_by_role("link", name="Import cards").click()
    file = {"name": "spring.csv", "mimeType": "text/csv", "buffer": FILE.encode()}
    office.get_by_label("Catalogue").set_input_files(file)  # type: ignore[arg-type]
    office.get_by_role("button", name="Preview").click()
    expect(office.get_by_role("row", name="Spring Two")).to_contain_text("new")
    assert not Card.objects.filter(mint_address="MintSpringTwo").exists()
    office.get_by_role("button", name="Import exactly this file").click()
    expect(office.get_by_text("2 created, 0 updated, 0 unchanged.")).to_be_visible()
    office.goto(page)
    expect(office.get_by_text("Ready to launch.")).to_be_visible()
    office.get_by_role("button", name="Enable").click()
    office.get_by_label("Why?").fill("the spring launch")
    office.get_by_role("button", name="Enable").click()
    expect(office.get_by_text("Spring Tide is enabled.")).to_be_visible()
    pack = Pack.objects.get(slug="spring-tide")
    bought = buy_pulls(
        environment=world.juniper.live, pack_id=pack.public_id, amount=2, user_id="ann", by=SYSTEM
    )
    assert bought.items.count() == 2


def test_it_pauses_a_pack(world: World, office: Page) -> None:
    office.goto(office.url.rstrip("/") + f"/inventory/pack/{world.pack.pk}/change/")
    office.get_by_role("button", name="Pause").click()
    expect(office.get_by_text("Items that users hold can still be sold back.")).to_be_visible()
    office.get_by_role("button", name="Pause").click()
    assert Pack.objects.get().enable
    office.get_by_label("Why?").fill("a leak")
    office.get_by_role("button", name="Pause").click()
    expect(office.get_by_text("Tidewater Box is paused.")).to_be_visible()
    assert not Pack.objects.get().enable


def test_it_watches_the_exposure(
    world: World, office: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks.take_exposure, "delay", snapshot.take)
    now = clock.now()
    make_item(
        world.northwind.live,
        card=world.cards[9],
        pack=world.pack,
        now=now,
        expires_at=now + timedelta(hours=1),
    )
    office.get_by_role("button", name="Refresh").click()
    owed = office.get_by_role("region", name="What Phygitals owes")
    expect(owed).to_contain_text("$70.13")
    owed.get_by_text("In figures").click()
    expect(owed.get_by_role("row", name="24 h")).to_contain_text("$70.13, 1 items")
    owed.get_by_role("link", name="Northwind Cards").click()
    expect(
        office.get_by_role("link", name="MintNorthLight1111111111111111111111111111")
    ).to_be_visible()
