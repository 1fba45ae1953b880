"""The overview: four figures, next deadlines, recent activity."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from buyback.dashboard.parts import totals
from buyback.dashboard.parts.totals import Total
from buyback.models import Payout
from buyback.sellback.sell_back import sell_back
from config.foundation import clock
from inventory.models import holdings
from inventory.tallies import count_items
from partners.records.actor import SYSTEM
from tests.dashboard.steps import HTMX, markup, signed_in
from tests.world import NOW, World, make_card, make_collector, make_event, make_item, make_statement

# Session, user, memberships, environment; tallies, closing, sold, paid, statements; soonest;
# events, their cards.
QUERIES = 13


def test_it_counts_what_closes_within_a_day(world: World) -> None:
    now = clock.now()
    for hours in (1, 23, 30, -1):
        make_item(
            world.northwind.live,
            now=now - timedelta(days=3),
            expires_at=now + timedelta(hours=hours),
        )
    make_item(world.northwind.live)
    context = signed_in(world.northwind.viewer).get("/dashboard/live/").context
    assert (str(context["expiring"]), context["expiring"].value) == ("2", Decimal("140.26"))
    assert [item.expires_at - now for item in context["soonest"]] == [
        timedelta(hours=hours) for hours in (1, 23, 30)
    ]


def test_it_adds_up_what_was_sold_and_paid_since_midnight_utc(world: World) -> None:
    midnight = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    for moment in (midnight, midnight - timedelta(seconds=1)):
        item = make_item(world.northwind.live, now=midnight - timedelta(days=1))
        sell_back(environment=world.northwind.live, item_id=item.public_id, by=SYSTEM, now=moment)
    context = signed_in(world.northwind.viewer).get("/dashboard/live/").context
    assert context["sold"] == context["paid"] == Total(1, Decimal("70.13"))


def test_it_shows_the_latest_periodic_count(world: World) -> None:
    held = make_item(world.northwind.live, now=NOW, pack=world.pack)
    sold = make_item(world.northwind.live, pack=world.pack)
    make_item(world.juniper.live, pack=world.pack)
    sell_back(environment=world.northwind.live, item_id=sold.public_id, by=SYSTEM)
    count_items(now=NOW)
    context = signed_in(world.northwind.viewer).get("/dashboard/live/").context
    assert (context["held"], context["held_value"], context["counted_at"]) == (
        1,
        held.buyback_price,
        NOW,
    )
    assert [(tally.pulled, tally.sold, tally.rate) for tally in context["tallies"]] == [
        (2, 1, "50.0%")
    ]


def day(when: date, sold: int) -> dict[str, Any]:
    return {
        "day": when,
        "sold": sold,
        "paid": sold,
        "sold_amount": sold,
        "paid_amount": sold,
        "closed_at": clock.now(),
    }


@pytest.mark.breaks_books(reason="statements of days without business")
def test_it_holds_today_against_the_seven_days_before(world: World) -> None:
    today = clock.now().date()
    for days, sold in ((1, 3), (7, 4), (8, 99)):
        make_statement(world.northwind.live, **day(today - timedelta(days=days), sold))
    make_statement(world.juniper.live, **day(today - timedelta(days=1), 50))
    context = signed_in(world.northwind.viewer).get("/dashboard/live/").context
    assert context["mean_sold"] == 1
    assert [bar.text for bar in context["sold_by_day"]] == ["4", "0", "0", "0", "0", "0", "3", "0"]


def test_it_polls_only_recent_activity(
    world: World, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    make_item(world.northwind.live)
    make_event(world.northwind.live, data={"item_id": "x", "user_id": "ann"})
    client = signed_in(world.northwind.viewer)
    with django_assert_num_queries(7):
        page = client.get("/dashboard/live/activity/", headers=HTMX).content.decode()
    assert page.strip().startswith('<div id="happened"')
    assert "<html" in client.get("/dashboard/live/activity/").content.decode()


def test_it_counts_no_further_than_it_should(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holdings, "COUNTED_TO", 2)
    for _ in range(4):
        make_item(world.northwind.live, expires_at=clock.now() + timedelta(hours=1))
    assert (
        str(signed_in(world.northwind.viewer).get("/dashboard/live/").context["expiring"]) == "2+"
    )


def test_it_draws_no_point_of_a_day_that_is_not_counted_whole(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(totals, "COUNTED_TO", 2)
    client = signed_in(world.northwind.viewer)
    for sold, points in ((2, 8), (3, 7)):
        while Payout.objects.count() < sold:
            sell_back(
                environment=world.northwind.live,
                item_id=make_item(world.northwind.live).public_id,
                by=SYSTEM,
            )
        answer = client.get("/dashboard/live/")
        assert [len(answer.context[name]) for name in ("sold_by_day", "paid_by_day")] == [
            points,
            points,
        ]
    assert "<dd>More than 2 payouts</dd>" in markup(answer)


def test_its_number_of_queries_does_not_depend_on_rows(
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
    card = make_card(
        source_type="ebay", listing_id="v1|7|0", mint_address="MintSeven", name="Seventh Wave"
    )
    for item_id in (card.public_id, card.listing_id):
        make_event(world.northwind.sandbox, data={"item_id": item_id, "user_id": "u"})
    page = signed_in(world.northwind.viewer).get("/dashboard/sandbox/").content.decode()
    assert page.count("Seventh Wave") == 2


def test_it_writes_what_a_partner_sent_as_text(world: World) -> None:
    collector = make_collector(world.northwind.live, "<script>alert(1)</script>")
    make_item(
        world.northwind.live, collector=collector, expires_at=clock.now() + timedelta(hours=1)
    )
    page = signed_in(world.northwind.viewer).get("/dashboard/live/").content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_it_says_what_will_appear_where_there_is_nothing(world: World) -> None:
    page = signed_in(world.northwind.viewer).get("/dashboard/live/").content.decode()
    assert "No window is open" in page
    assert "No activity yet" in page


def test_it_warns_in_the_sandbox_and_only_there(world: World) -> None:
    client = signed_in(world.northwind.viewer)
    assert "no real money" in client.get("/dashboard/sandbox/").content.decode()
    assert "no real money" not in client.get("/dashboard/live/").content.decode()
