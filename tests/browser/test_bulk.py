"""Sell back all items of a user that expire today, with and without scripts."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from buyback import tasks
from buyback.bulk import run
from buyback.models import BulkSale, Payout
from config.foundation import clock
from inventory.models import Item
from tests.browser.conftest import NewContext, refuse_twice, refused, sign_in
from tests.browser.effort import Effort
from tests.bulk import make_bulk_line
from tests.world import World, make_collector, make_item

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def _worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that starts immediately."""
    monkeypatch.setattr(tasks.sell_bulk, "delay", lambda bulk_id: run.sell_next(UUID(bulk_id)))


@pytest.fixture(autouse=True)
def items(world: World) -> list[Item]:
    """Three items of Ann's that close today, one that closes later, and one of Bob's."""
    live, now = world.northwind.live, clock.now()
    ann, bob = make_collector(live, "ann"), make_collector(live, "bob")
    closing = [(ann, 1), (ann, 5), (ann, 20), (ann, 60), (bob, 2)]
    return [
        make_item(
            live,
            collector=who,
            card=card,
            pack=world.pack,
            now=now,
            expires_at=now + timedelta(hours=hours),
        )
        for (who, hours), card in zip(closing, world.cards[5:], strict=False)
    ]


def sell_what_closes_today(desk: Page) -> None:
    """Start from the overview."""
    desk.get_by_role("navigation", name="Pages").get_by_role("link", name="Users").click()
    desk.get_by_role("link", name="ann", exact=True).click()
    desk.get_by_role("link", name="Closing within 24 hours").click()
    desk.get_by_role("button", name="Sell back all 3").click()
    desk.get_by_role("button", name="Sell back 3 items for").click()
    expect(desk.get_by_role("heading", level=1)).to_have_text("Bulk sellback of 3 items")
    expect(desk.get_by_role("link", name="View payout")).to_have_count(3)
    expect(desk.get_by_text("Finished")).to_be_visible()


def test_it_sells_what_closes_today_in_five_clicks(
    world: World, desk: Page, effort: Effort
) -> None:
    effort.begins(desk)
    sell_what_closes_today(desk)
    effort.ends(
        "sell back what a user has that closes today", desk.get_by_text("Finished"), clicks=5
    )
    sold = Payout.objects.values_list("collector__user_id", flat=True)
    assert (list(sold), BulkSale.objects.get().requested_by) == (
        ["ann"] * 3,
        "user:operator@northwind.test",
    )


def test_it_sells_what_closes_today_without_any_script(
    world: World, new_context: NewContext, live_server: LiveServer
) -> None:
    context = new_context(java_script_enabled=False)
    desk = context.new_page()
    sign_in(desk, live_server.url)
    sell_what_closes_today(desk)
    assert Payout.objects.count() == 3


@pytest.mark.hears(*refused(r"/dashboard/live/bulk/[0-9a-f-]+/"))
def test_it_shows_how_far_a_sale_is_by_itself(world: World, desk: Page, items: list[Item]) -> None:
    line = make_bulk_line(items[0])
    desk.clock.install()
    address = f"**/bulk/{line.bulk_id}/"
    desk.goto(f"{desk.url}bulk/{line.bulk_id}/")
    progress = desk.get_by_role("region", name="Progress")
    refuse_twice(desk, address)
    run.sell_next(line.bulk_id)
    for status in (429, 503):
        with desk.expect_response(address) as asked:
            desk.clock.run_for(2_000)
        assert asked.value.status == status
        expect(progress).to_contain_text("0 of 1 done")
    desk.clock.run_for(2_000)
    expect(progress).to_contain_text("1 of 1 done")
    expect(desk.get_by_role("link", name="View payout")).to_be_visible()
    expect(desk.locator(".toast")).to_have_count(0)


def test_it_selects_a_range_with_shift_and_rows_by_key(world: World, desk: Page) -> None:
    desk.goto(desk.url + "expiring/")
    boxes = desk.locator('input[name="item"]')
    boxes.nth(0).click()
    boxes.nth(2).click(modifiers=["Shift"])
    expect(desk.get_by_text("3 selected")).to_be_visible()
    desk.keyboard.press("j")
    desk.keyboard.press("x")
    expect(desk.get_by_text("4 selected")).to_be_visible()
    desk.get_by_label("This page").check()
    expect(desk.get_by_text("5 selected")).to_be_visible()
    desk.get_by_label("This page").uncheck()
    expect(desk.get_by_role("button", name="Sell back selected")).to_be_disabled()


def test_it_explains_a_refusal_and_offers_the_next_step(
    world: World, desk: Page, items: list[Item]
) -> None:
    desk.goto(desk.url + "expiring/")
    desk.get_by_role("button", name="Sell back all 5").click()
    Item.objects.filter(pk=items[0].pk).update(expires_at=clock.now() - timedelta(seconds=1))
    desk.get_by_role("button", name="Sell back 5 items for").click()
    desk.get_by_role("link", name="Not sold").click()
    expect(desk.get_by_role("row", name="Not sold")).to_contain_text(
        "Its window had closed. The user still holds it."
    )
    desk.get_by_role("button", name="Retry unsold").click()
    expect(desk.get_by_role("heading", name="Nothing to sell back")).to_be_visible()
    assert Payout.objects.count() == 4
