"""The list of users and the search in it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from config import clock
from tests.dashboard.steps import HTMX, signed_in
from tests.world import World, make_collector, make_item

# Session, user, memberships, environment; saved views; a page of users; what they hold.
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
def test_it_stands_whatever_is_asked(world: World, query: str) -> None:
    assert found(world, query) == []


def test_it_shows_what_each_user_holds(world: World) -> None:
    collector, now = make_collector(world.northwind.live, "ann"), clock.now()
    for hours in (5, 2, -1):
        make_item(world.northwind.live, collector=collector, now=now, expires_at=now + timedelta(hours=hours))
    make_collector(world.northwind.live, "bob")
    ann, bob = signed_in(world.northwind.viewer).get("/dashboard/live/users/").context["users"]
    assert (ann[1].size, ann[1].closes, ann[1].latest) == (3, now + timedelta(hours=2), now)
    assert bob[1] is None


def test_it_sorts_by_id_or_the_newest_first(world: World) -> None:
    for user_id in ("bob", "zed", "ann", "bo"):
        make_collector(world.northwind.live, user_id)
    assert found(world) == found(world, "?sort=nonsense") == ["ann", "bo", "bob", "zed"]
    assert found(world, "?sort=newest") == ["bo", "ann", "zed", "bob"]
    assert found(world, "?sort=newest&q=bo") == ["bo", "bob"]


def test_it_walks_through_every_user_once(world: World) -> None:
    names = [f"user-{number:03d}" for number in range(120)]
    for name in names:
        make_collector(world.northwind.live, name)
    client, seen, cursor = signed_in(world.northwind.viewer), [], ""
    for _ in range(3):
        context = client.get("/dashboard/live/users/", {"after": cursor}).context
        seen += [collector.user_id for collector, _ in context["users"]]
        cursor = context["page"].next
    assert (seen, cursor) == (names, "")


def test_it_asks_the_same_few_questions_however_many_there_are(
    world: World, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = signed_in(world.northwind.viewer)
    for amount in (1, 20):
        for _ in range(amount):
            make_item(world.northwind.live)
        with django_assert_num_queries(QUERIES):
            client.get("/dashboard/live/users/")


def test_it_answers_htmx_with_the_results_alone(world: World) -> None:
    page = signed_in(world.northwind.viewer).get("/dashboard/live/users/", headers=HTMX).content.decode()
    assert page.strip().startswith('<section id="results"')


@pytest.mark.parametrize("more", [{"HX-Boosted": "true"}, {"HX-History-Restore-Request": "true"}])
def test_it_answers_htmx_with_the_whole_page_where_it_needs_one(world: World, more: dict[str, str]) -> None:
    answer = signed_in(world.northwind.viewer).get("/dashboard/live/users/", headers=HTMX | more)
    assert answer.content.decode().startswith("<!doctype html>")


def test_it_tells_no_user_from_no_match(world: World) -> None:
    client = signed_in(world.northwind.viewer)
    assert "No users yet" in client.get("/dashboard/live/users/").content.decode()
    assert "No user id starts so" in client.get("/dashboard/live/users/?q=zed").content.decode()
