"""The first page: four numbers, what closes next, what happened last."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from pytest_django import DjangoAssertNumQueries

from buyback.sellback import sell_back
from config import clock
from inventory.models import holdings
from partners.actor import SYSTEM
from tests.dashboard.steps import signed_in
from tests.world import World, make_card, make_collector, make_event, make_item

# Session, user, memberships, environment; four numbers; closing soonest; events, their cards by either id.
QUERIES = 12


def test_it_counts_what_is_held_and_what_closes_within_a_day(world: World) -> None:
    now = clock.now()
    for hours in (1, 23, 30, -1):
        make_item(world.northwind.live, now=now - timedelta(days=3), expires_at=now + timedelta(hours=hours))
    make_item(world.northwind.live)
    context = signed_in(world.northwind.viewer).get("/dashboard/live/").context
    assert (str(context["held"]), context["held"].value) == ("5", Decimal("350.65"))
    assert (str(context["expiring"]), context["expiring"].value) == ("2", Decimal("140.26"))
    assert [item.expires_at - now for item in context["soonest"]] == [timedelta(hours=hours) for hours in (1, 23, 30)]


def test_it_adds_up_what_was_sold_and_paid_since_midnight_utc(world: World) -> None:
    midnight = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    for moment in (midnight, midnight - timedelta(seconds=1)):
        item = make_item(world.northwind.live, now=midnight - timedelta(days=1))
        sell_back(environment=world.northwind.live, item_id=item.public_id, by=SYSTEM, now=moment)
    context = signed_in(world.northwind.viewer).get("/dashboard/live/").context
    assert context["sold"] == context["paid"] == {"size": 1, "amount": Decimal("70.13")}


def test_it_counts_no_further_than_it_should(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holdings, "COUNTED_TO", 2)
    for _ in range(4):
        make_item(world.northwind.live)
    assert str(signed_in(world.northwind.viewer).get("/dashboard/live/").context["held"]) == "2+"


def test_it_asks_the_same_few_questions_however_much_there_is(
    world: World, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = signed_in(world.northwind.viewer)
    for amount in (1, 6):
        for _ in range(amount):
            item = make_item(world.northwind.live, expires_at=clock.now() + timedelta(hours=1))
            sell_back(environment=world.northwind.live, item_id=item.public_id, by=SYSTEM)
            make_item(world.northwind.live, expires_at=clock.now() + timedelta(hours=1))
        with django_assert_num_queries(QUERIES):
            client.get("/dashboard/live/")


def test_it_names_the_card_of_an_event_by_either_of_its_ids(world: World) -> None:
    card = make_card(source_type="ebay", listing_id="v1|7|0", mint_address="MintSeven", name="Seventh Wave")
    for item_id in (card.public_id, card.listing_id):
        make_event(world.northwind.sandbox, data={"item_id": item_id, "user_id": "u"})
    page = signed_in(world.northwind.viewer).get("/dashboard/sandbox/").content.decode()
    assert page.count("Seventh Wave") == 2


def test_it_writes_what_a_partner_sent_as_text(world: World) -> None:
    collector = make_collector(world.northwind.live, "<script>alert(1)</script>")
    make_item(world.northwind.live, collector=collector, expires_at=clock.now() + timedelta(hours=1))
    page = signed_in(world.northwind.viewer).get("/dashboard/live/").content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_it_says_what_will_appear_where_there_is_nothing(world: World) -> None:
    page = signed_in(world.northwind.viewer).get("/dashboard/live/").content.decode()
    assert "No window is open" in page
    assert "Nothing has happened yet" in page


def test_it_warns_in_the_sandbox_and_only_there(world: World) -> None:
    client = signed_in(world.northwind.viewer)
    assert "no real money" in client.get("/dashboard/sandbox/").content.decode()
    assert "no real money" not in client.get("/dashboard/live/").content.decode()
