"""The list of payouts, and one payout."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.http import HttpResponse
from pytest_django import DjangoAssertNumQueries

from buyback.outcomes import Sale
from buyback.sellback import sell_back
from partners.actor import Actor
from partners.models import Environment
from tests.dashboard.steps import signed_in
from tests.world import World, make_collector, make_item

KEY = Actor("key", "abc123")
NOON = datetime(2026, 4, 18, 12, tzinfo=UTC)

# Session, user, memberships, environment; a page of payouts.
QUERIES = 5


def sale(environment: Environment, moment: datetime = NOON, user_id: str = "ann") -> Sale:
    collector = environment.collectors.filter(user_id=user_id).first() or make_collector(environment, user_id)
    item = make_item(environment, now=moment - timedelta(hours=1), collector=collector)
    return sell_back(environment=environment, item_id=item.public_id, by=KEY, now=moment)


def listed(world: World, query: str = "") -> list[object]:
    answer = signed_in(world.northwind.viewer).get(f"/dashboard/live/payouts/{query}")
    return [payout.pk for payout in answer.context["page"].rows]


def test_it_lists_the_newest_first(world: World) -> None:
    made = [sale(world.northwind.live, NOON + timedelta(hours=hours)).payout_id for hours in (0, 2, 1)]
    assert listed(world) == [made[1], made[2], made[0]]


def test_it_filters_by_a_whole_user_id(world: World) -> None:
    ann = sale(world.northwind.live, user_id="ann").payout_id
    sale(world.northwind.live, user_id="anna")
    sale(world.juniper.live, user_id="ann")
    assert listed(world, "?user=ann") == [ann]
    assert listed(world, "?user=an") == []
    assert listed(world, "?user=%00") == []


def test_it_filters_by_utc_days_both_included(world: World) -> None:
    start, end = NOON.replace(hour=0), NOON.replace(hour=23, minute=59, second=59)
    kept = [sale(world.northwind.live, moment).payout_id for moment in (end, start)]
    sale(world.northwind.live, start - timedelta(seconds=1))
    sale(world.northwind.live, end + timedelta(seconds=1))
    assert listed(world, "?from=2026-04-18&to=2026-04-18") == kept


@pytest.mark.parametrize("query", ["?from=x&to=9999-12-31", "?from=&to=", "?after=x", "?to=0000-00-00"])
def test_it_passes_over_a_filter_that_means_nothing(world: World, query: str) -> None:
    assert listed(world, query) == [] == listed(world)
    made = sale(world.northwind.live).payout_id
    assert listed(world, query) == [made]


def test_it_walks_through_every_payout_once(world: World) -> None:
    made = [sale(world.northwind.live, NOON + timedelta(minutes=minute // 2)).payout_id for minute in range(60)]
    client = signed_in(world.northwind.viewer)
    first = client.get("/dashboard/live/payouts/").context["page"]
    second = client.get("/dashboard/live/payouts/", {"after": first.next}).context["page"]
    seen = [payout.pk for payout in first.rows + second.rows]
    assert (len(first.rows), len(second.rows), second.next) == (50, 10, "")
    assert seen == sorted(made, key=lambda pk: (made.index(pk) // 2, pk), reverse=True)


def test_it_shows_everything_behind_one_payout(world: World) -> None:
    made = sale(world.northwind.live)
    page = signed_in(world.northwind.viewer).get(f"/dashboard/live/payouts/{made.payout_id}/").content.decode()
    for fact in ("$70.13", "$82.50", "85%", "ann", made.item_id, "API key abc123", "Treasury", "Paid out", "Settled"):
        assert fact in page
    assert made.amount == Decimal("70.13")


def test_it_links_an_event_to_its_payout(world: World) -> None:
    made = sale(world.northwind.live)
    page = signed_in(world.northwind.viewer).get("/dashboard/live/").content.decode()
    assert f"/dashboard/live/payouts/{made.payout_id}/" in page


def test_it_tells_no_payout_from_no_match(world: World) -> None:
    def page(query: str) -> HttpResponse:
        return signed_in(world.northwind.viewer).get(f"/dashboard/live/payouts/{query}")  # type: ignore[return-value]

    assert "No payouts yet" in page("").content.decode()
    assert "No payout matches" in page("?from=2026-01-01").content.decode()


def test_it_asks_the_same_few_questions_however_many_there_are(
    world: World, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = signed_in(world.northwind.viewer)
    for amount in (1, 10):
        for _ in range(amount):
            sale(world.northwind.live)
        with django_assert_num_queries(QUERIES):
            client.get("/dashboard/live/payouts/")
