"""The list of users and the search in it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from pytest_django import DjangoAssertNumQueries

from config.foundation import clock
from inventory.tallies import count_items
from tests.dashboard.rows import make_tally, make_user_tally
from tests.dashboard.steps import HTMX, signed_in
from tests.world import World, make_collector, make_item

# Session, user, memberships, environment; saved views; a page of users; their items, or the time of
# the count.
QUERIES = 7


def found(world: World, query: str = "") -> list[str]:
    answer = signed_in(world.northwind.viewer).get(f"/dashboard/live/users/{query}")
    return [collector.user_id for collector, _ in answer.context["users"]]


def test_it_finds_users_by_the_start_of_their_id(world: World) -> None:
    for user_id in ("ann", "anna", "bob", "Ann", "joann", "a%"):
        make_collector(world.northwind.live, user_id)
    assert found(world, "?q=ann") == ["ann", "anna"]
    assert found(world, "?q=a%25") == ["a%"]
    assert found(world, "?q=_") == []


@pytest.mark.parametrize("query", ["?q=%00", "?q=a%00b", "?after=nonsense", "?q=" + "x" * 5000])
def test_it_survives_any_request(world: World, query: str) -> None:
    assert found(world, query) == []


def test_it_shows_what_each_user_holds(world: World) -> None:
    collector, now = make_collector(world.northwind.live, "ann"), clock.now()
    for hours in (5, 2, -1):
        make_item(
            world.northwind.live,
            collector=collector,
            now=now,
            expires_at=now + timedelta(hours=hours),
        )
    make_collector(world.northwind.live, "bob")
    ann, bob = signed_in(world.northwind.viewer).get("/dashboard/live/users/").context["users"]
    assert (ann[1].size, ann[1].value, ann[1].closes) == (
        3,
        Decimal("210.39"),
        now + timedelta(hours=2),
    )
    assert ann[1].latest == now
    assert bob[1] is None


def test_it_sorts_by_id_or_the_newest_first(world: World) -> None:
    for user_id in ("bob", "zed", "ann", "bo"):
        make_collector(world.northwind.live, user_id)
    assert found(world) == found(world, "?sort=nonsense") == ["ann", "bo", "bob", "zed"]
    assert found(world, "?sort=newest") == ["bo", "ann", "zed", "bob"]
    assert found(world, "?sort=newest&q=bo") == ["bo", "bob"]


def hold(world: World, **holds: tuple[int, str]) -> None:
    """Users with these ids, counted with a number of items and a value."""
    for user_id, (size, value) in holds.items():
        user = make_collector(world.northwind.live, user_id)
        make_user_tally(world.northwind.live, collector=user, size=size, value=Decimal(value))


def test_it_sorts_by_periodically_counted_figures(world: World) -> None:
    hold(world, ann=(2, "9.00"), bob=(3, "8.99"), cid=(2, "100.00"))
    make_collector(world.northwind.live, "holds nothing")
    make_user_tally(world.juniper.live)
    make_user_tally(world.northwind.sandbox)
    assert found(world, "?sort=held") == ["bob", "cid", "ann"]
    assert found(world, "?sort=value") == ["cid", "ann", "bob"]


def test_it_shows_what_was_counted_and_when(world: World) -> None:
    hold(world, ann=(2, "1234.50"))
    make_tally(world.northwind.live)
    for sort in ("held", "value"):
        page = (
            signed_in(world.northwind.viewer)
            .get(f"/dashboard/live/users/?sort={sort}")
            .content.decode()
        )
        assert "$1,234.50" in page
        assert 'As of <time datetime="2026-04-18T19:05:14' in page
    assert (
        "As of"
        not in signed_in(world.northwind.viewer).get("/dashboard/live/users/").content.decode()
    )


@pytest.mark.parametrize("sort", ["held", "value"])
def test_it_pages_through_all_holders_once(world: World, sort: str) -> None:
    hold(
        world,
        **{f"user-{number:03d}": (1 + number % 3, f"{1 + number % 7}.00") for number in range(80)},
    )
    client, seen, cursor = signed_in(world.northwind.viewer), [], ""
    for _ in range(3):
        context = client.get("/dashboard/live/users/", {"sort": sort, "after": cursor}).context
        seen += [
            (tally.size if sort == "held" else tally.value, collector.pk)
            for collector, tally in context["users"]
        ]
        cursor = context["page"].next
    assert (len(set(seen)), seen, cursor) == (80, sorted(seen, reverse=True), "")


def test_it_walks_through_every_user_once(world: World) -> None:
    names = [f"user-{number:03d}" for number in range(80)]
    for name in names:
        make_collector(world.northwind.live, name)
    client, seen, cursor = signed_in(world.northwind.viewer), [], ""
    for _ in range(3):
        context = client.get("/dashboard/live/users/", {"after": cursor}).context
        seen += [collector.user_id for collector, _ in context["users"]]
        cursor = context["page"].next
    assert (seen, cursor) == (names, "")


@pytest.mark.parametrize("query", ["", "?sort=held", "?sort=value"])
def test_it_takes_a_constant_number_of_queries(
    world: World, query: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = signed_in(world.northwind.viewer)
    for amount in (1, 20):
        for _ in range(amount):
            make_item(world.northwind.live)
        count_items()
        with django_assert_num_queries(QUERIES):
            client.get(f"/dashboard/live/users/{query}")


def test_it_answers_htmx_with_the_results_alone(world: World) -> None:
    page = (
        signed_in(world.northwind.viewer)
        .get("/dashboard/live/users/", headers=HTMX)
        .content.decode()
    )
    assert page.strip().startswith('<section id="results"')


@pytest.mark.parametrize("more", [{"HX-Boosted": "true"}, {"HX-History-Restore-Request": "true"}])
def test_it_answers_htmx_with_the_whole_page_where_it_needs_one(
    world: World, more: dict[str, str]
) -> None:
    answer = signed_in(world.northwind.viewer).get("/dashboard/live/users/", headers=HTMX | more)
    assert answer.content.decode().startswith("<!doctype html>")


def test_it_distinguishes_no_user_from_no_match(world: World) -> None:
    client = signed_in(world.northwind.viewer)
    assert "No users yet" in client.get("/dashboard/live/users/").content.decode()
    assert (
        "No user ID starts with this" in client.get("/dashboard/live/users/?q=zed").content.decode()
    )
    make_collector(world.northwind.live, "ann")
    assert "No items held yet" in client.get("/dashboard/live/users/?sort=held").content.decode()
