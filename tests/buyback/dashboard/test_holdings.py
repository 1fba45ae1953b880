"""One user's inventory as a grid of cards."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from buyback.dashboard import holdings
from buyback.sellback.sell_back import sell_back
from config.foundation import clock
from inventory.models import Card, Collector, Item
from partners.records.actor import SYSTEM
from tests.dashboard.steps import markup, signed_in
from tests.world import World, make_buyback, make_card, make_collector, make_item

# Session, user, memberships, environment; the collector; figures; items; tiers of their packs.
QUERIES = 9


@pytest.fixture
def collector(world: World) -> Collector:
    return make_collector(world.northwind.live, "ann")


def tiles(client: Client, collector: Collector, query: str = "") -> list[str]:
    answer = client.get(f"/dashboard/live/users/{collector.pk}/{query}")
    return [item_card.item.public_id for item_card in answer.context["item_cards"]]


def test_it_sorts_by_pull_by_window_and_by_value(world: World, collector: Collector) -> None:
    now = clock.now()
    made = {}
    for name, days, fmv, closes in (
        ("a", 3, "10", 5),
        ("b", 2, "30", None),
        ("c", 1, "20", -1),
        ("d", 0, "5", 2),
    ):
        expires_at = None if closes is None else now + timedelta(hours=closes)
        pulled = now - timedelta(days=days)
        card = make_card(fmv=Decimal(fmv))
        item = make_item(
            world.northwind.live, collector=collector, card=card, now=pulled, expires_at=expires_at
        )
        made[item.public_id] = name
    client = signed_in(world.northwind.viewer)
    for query, order in (
        ("", "dcba"),
        ("?sort=closing", "dabc"),
        ("?sort=value", "bcad"),
        ("?sort=no", "dcba"),
    ):
        assert "".join(made[item] for item in tiles(client, collector, query)) == order


@pytest.mark.parametrize("sort", ["newest", "closing", "value"])
def test_it_walks_through_every_item_once_in_any_order(
    world: World, collector: Collector, sort: str
) -> None:
    items = {make_item(world.northwind.live, collector=collector).public_id for _ in range(50)}
    client = signed_in(world.northwind.viewer)
    first = client.get(f"/dashboard/live/users/{collector.pk}/?sort={sort}").context
    second = tiles(client, collector, f"?sort={sort}&after={first['page'].next}")
    seen = [item_card.item.public_id for item_card in first["item_cards"]] + second
    assert len(seen) == 50
    assert set(seen) == items


def test_it_prices_live_by_the_card_as_it_is_now(world: World, collector: Collector) -> None:
    item = make_item(world.northwind.live, collector=collector)
    Card.objects.filter(pk=item.card_id).update(fmv=Decimal("100.00"))
    page = (
        signed_in(world.northwind.viewer)
        .get(f"/dashboard/live/users/{collector.pk}/")
        .content.decode()
    )
    assert "$100.00" in page
    assert "$85.00" in page


def test_it_prices_the_sandbox_by_the_pull(world: World) -> None:
    item = make_item(world.northwind.sandbox, now=clock.now())
    Card.objects.filter(pk=item.card_id).update(fmv=Decimal("100.00"))
    page = (
        signed_in(world.northwind.viewer)
        .get(f"/dashboard/sandbox/users/{item.collector_id}/")
        .content.decode()
    )
    assert "$70.13" in page
    assert "$85.00" not in page


def test_it_runs_on_the_sandboxs_own_clock(world: World) -> None:
    item = make_item(world.northwind.sandbox, now=clock.now())
    world.northwind.sandbox.clock_offset = timedelta(days=8)
    world.northwind.sandbox.save()
    page = (
        signed_in(world.northwind.operator)
        .get(f"/dashboard/sandbox/users/{item.collector_id}/")
        .content.decode()
    )
    assert "Window closed, still held" in page


def test_it_keeps_a_closed_window_in_the_grid_without_a_button(
    world: World, collector: Collector
) -> None:
    make_item(
        world.northwind.live, collector=collector, expires_at=clock.now() - timedelta(seconds=1)
    )
    page = (
        signed_in(world.northwind.operator)
        .get(f"/dashboard/live/users/{collector.pk}/")
        .content.decode()
    )
    assert "Window closed, still held" in page
    assert "/sell/" not in page


def test_it_shows_a_button_to_those_who_may_sell(world: World, collector: Collector) -> None:
    item = make_item(world.northwind.live, collector=collector)
    for role, shown in (("viewer", False), ("operator", True), ("owner", True)):
        page = signed_in(getattr(world.northwind, role)).get(
            f"/dashboard/live/users/{collector.pk}/"
        )
        assert (f"/items/{item.pk}/sell/" in page.content.decode()) is shown


def test_it_names_the_tier_of_the_pull(world: World, collector: Collector) -> None:
    make_item(world.northwind.live, collector=collector, card=world.cards[7], pack=world.pack)
    page = markup(signed_in(world.northwind.viewer).get(f"/dashboard/live/users/{collector.pk}/"))
    assert 'fill="#3b82f6"/></svg>Rare' in page


@pytest.mark.breaks_books("a sale that never ends")
def test_it_says_that_a_sale_is_in_progress(world: World, collector: Collector) -> None:
    item = make_item(world.northwind.live, collector=collector)
    make_buyback(item, state="claimed")
    Item.objects.filter(pk=item.pk).update(state="selling")
    page = (
        signed_in(world.northwind.operator)
        .get(f"/dashboard/live/users/{collector.pk}/")
        .content.decode()
    )
    assert "Sellback in progress" in page


def test_it_says_when_a_user_has_nothing_left(world: World, collector: Collector) -> None:
    page = (
        signed_in(world.northwind.viewer)
        .get(f"/dashboard/live/users/{collector.pk}/")
        .content.decode()
    )
    assert "No items held" in page


def test_it_takes_a_constant_number_of_queries(
    world: World, collector: Collector, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = signed_in(world.northwind.operator)
    for amount in (1, 20):
        for _ in range(amount):
            make_item(world.northwind.live, collector=collector, pack=world.pack)
        with django_assert_num_queries(QUERIES):
            client.get(f"/dashboard/live/users/{collector.pk}/")


def test_it_shows_the_same_items_as_a_table(world: World, collector: Collector) -> None:
    item = make_item(
        world.northwind.live, collector=collector, card=world.cards[9], pack=world.pack
    )
    page = markup(
        signed_in(world.northwind.viewer).get(f"/dashboard/live/users/{collector.pk}/?view=table")
    )
    assert f'<a class="cover" href="/dashboard/live/items/{item.pk}/">North Light</a>' in page
    assert "Never closes" in page


def test_it_adds_up_what_the_user_holds_and_was_paid(world: World, collector: Collector) -> None:
    make_item(world.northwind.live, collector=collector)
    sold = make_item(world.northwind.live, collector=collector)
    sell_back(environment=world.northwind.live, item_id=sold.public_id, by=SYSTEM)
    page = markup(signed_in(world.northwind.viewer).get(f"/dashboard/live/users/{collector.pk}/"))
    assert "1 item held</span>, worth $70.13" in page
    assert "1 sold back for $70.13" in page


def test_it_walks_through_a_users_history_once_newest_first(
    world: World,
    collector: Collector,
    monkeypatch: pytest.MonkeyPatch,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    monkeypatch.setattr(holdings, "SIZE", 3)
    for _ in range(2):
        item = make_item(world.northwind.live, collector=collector)
        sell_back(environment=world.northwind.live, item_id=item.public_id, by=SYSTEM)
    make_item(world.northwind.live)  # another user's
    client, seen, cursor = signed_in(world.northwind.viewer), [], ""
    for _ in range(3):
        with django_assert_num_queries(8):
            answer = client.get(f"/dashboard/live/users/{collector.pk}/history/", {"after": cursor})
        seen += answer.context["lines"]
        cursor = answer.context["page"]["next"]
    assert len({one.moment.place for one in seen}) == len(seen) == 8
    assert [one.moment.at for one in seen] == sorted((one.moment.at for one in seen), reverse=True)
    assert cursor == ""


def test_it_finds_no_history_of_another_partners_user(world: World, collector: Collector) -> None:
    client = signed_in(world.juniper.owner)
    assert client.get(f"/dashboard/live/users/{collector.pk}/history/").status_code == 404
