"""Every kind of admin page, with data: accessible and without overflow at every size."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from pytest_django.live_server_helper import LiveServer

from buyback.decisions import review
from buyback.exposure import snapshot
from buyback.models import Buyback, Transfer, TreasuryControl
from buyback.sellback.sell_back import sell_back
from config.foundation import clock
from inventory.models import Card, Item, ShippingOrder
from inventory.packs.figures import refresh_values
from partners.models import ApiKey, Partner
from partners.records.actor import SYSTEM, Actor
from tests.admin.conftest import MODELS, address
from tests.browser.accessible import OPTIONS, Look, faults
from tests.browser.conftest import NewContext
from tests.browser.test_back_office import in_review
from tests.browser.test_cockpit import FILE, carry_session
from tests.kept import make_card_file, make_difference, make_paid_hour
from tests.shipments import make_order
from tests.world import World, make_alert, make_item, make_statement, make_treasury_control

pytestmark = pytest.mark.browser
# Without axe's best practices: the pages are Django's.
RULES = OPTIONS | {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
LOOKS = (Look("dark", 390, RULES), Look("light", 1280, RULES))


@pytest.fixture
def sale(world: World) -> Buyback:
    """In review, with one person's proposal."""
    sale = in_review(world)
    review.propose(
        buyback=sale,
        outcome="settled",
        reason="seen on statement 7",
        by=Actor("user", "anna@x.test"),
    )
    return sale


def trade(world: World) -> Item:
    """Rows of everything that the pages show; returns the held item."""
    here, now = world.northwind.live, clock.now()
    held = make_item(here, card=world.cards[9], pack=world.pack, now=now)
    sold = make_item(here, card=world.cards[10], pack=world.pack, now=now)
    sell_back(environment=here, item_id=sold.public_id, by=SYSTEM)
    make_order(here, make_item(here, card=world.cards[11], pack=world.pack, now=now))
    make_alert(here, detail="stale")
    make_treasury_control(cap_per_sale=500, cap_per_hour=1000)
    make_statement(here, day=(now - timedelta(days=2)).date(), closed_at=now)
    make_paid_hour(
        world.northwind.partner, starts_at=now.replace(minute=0, second=0, microsecond=0)
    )
    world.cards[0].fmv += 1
    world.cards[0].save(update_fields=["fmv"])
    refresh_values()
    snapshot.take()
    return held


@pytest.fixture
def addresses(world: World, sale: Buyback) -> list[str]:
    held = trade(world)
    good, bad = (
        make_card_file(FILE.encode().replace(b"spring-tide", b"tidewater-box")),
        make_card_file(b"name\nx\n"),
    )
    lists = [address(model, "changelist") for model in MODELS]
    forms = [address(model, "add") for model in (Partner, ApiKey)]
    rows = (
        world.pack,
        world.cards[0],
        world.northwind.partner,
        sale,
        held,
        ShippingOrder.objects.get(),
        make_difference(sale),
    )
    pages = [address(type(row), "change", row.pk) for row in (*rows, TreasuryControl.objects.get())]
    more = [
        address(Card, "history", world.cards[0].pk),
        reverse("admin:inventory_card_import"),
        *(reverse("admin:inventory_card_preview", args=[one.pk]) for one in (good, bad)),
    ]
    return [reverse("admin:index"), *lists, *forms, *pages, *more]


def test_it_is_accessible_and_fits(
    addresses: list[str], sale: Buyback, new_context: NewContext, live_server: LiveServer
) -> None:
    context = new_context()
    carry_session(context, live_server.url)
    page = context.new_page()
    wrong: dict[str, list[tuple[str, str, str]]] = {}
    for path in addresses:
        page.goto(live_server.url + path)
        assert page.url.endswith(path)
        wrong[path] = faults(page, *LOOKS)
    for model, row, button in (
        (Buyback, [sale.pk], "Confirm the proposal …"),
        (Transfer, [], "Check all ledger rules"),
    ):
        page.goto(live_server.url + address(model, "change" if row else "changelist", *row))
        page.get_by_role("button", name=button).click()
        wrong[button] = faults(page, *LOOKS)
    assert {name: found for name, found in wrong.items() if found} == {}
