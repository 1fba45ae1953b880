"""The list of packs reads a limited number of cards, however many exist or are held."""

from __future__ import annotations

import time
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from inventory.models import Card, Pack
from inventory.packs import figures
from inventory.packs.figures import chase_by_pack, chases_on_sale, in_stock
from inventory.packs.purchases import OutOfStock, buy_pulls
from partners.models import Environment
from partners.records.actor import SYSTEM
from tests.world import World, make_card, make_item, make_pack, make_tier


@pytest.fixture
def pack(world: World, monkeypatch: pytest.MonkeyPatch) -> Pack:
    """Six cards of 10 to 15 USD in one tier; the limit is two."""
    made = make_pack()
    make_tier(made, lower=5, upper=20)
    for value in range(10, 16):
        make_card(pack=made, fmv=Decimal(value))
    monkeypatch.setattr(figures, "MOST_CHEAPEST", 2)
    monkeypatch.setattr(figures, "MOST_VALUABLE", 3)
    monkeypatch.setattr(figures, "_HAD_ANY", {})
    return made


def hold(world: World, pack: Pack, *values: int) -> None:
    """A live user of Northwind gets the cards with these values."""
    for card in Card.objects.filter(pack=pack, fmv__in=values):
        make_item(world.northwind.live, card=card, pack=pack)


def test_it_sees_a_pack_in_stock_by_its_cheapest_cards(
    world: World, pack: Pack, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    hold(world, pack, 10)
    with django_assert_num_queries(1):
        assert pack.pk in in_stock(world.northwind.live)


def test_it_checks_a_whole_pack_with_held_cheapest_cards_and_caches_that(
    world: World, pack: Pack, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    hold(world, pack, 10, 11)
    with django_assert_num_queries(2):
        assert pack.pk in in_stock(world.northwind.live)
    with django_assert_num_queries(1):
        assert pack.pk in in_stock(world.juniper.live)  # one pool for all of live


def test_it_looks_again_after_some_seconds(
    world: World, pack: Pack, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold(world, pack, *range(10, 16))
    assert pack.pk not in in_stock(world.northwind.live)
    Card.objects.filter(pack=pack, fmv=15).update(fmv=Decimal(16))
    make_card(pack=pack, fmv=Decimal(17))
    assert pack.pk not in in_stock(world.northwind.live)
    later = time.monotonic() + figures.KEPT + 1
    monkeypatch.setattr("inventory.packs.figures.time.monotonic", lambda: later)
    assert pack.pk in in_stock(world.northwind.live)


def test_it_caches_each_pool_separately(world: World, pack: Pack) -> None:
    hold(world, pack, *range(10, 16))
    assert pack.pk not in in_stock(world.northwind.live)
    assert pack.pk in in_stock(world.northwind.sandbox)


@pytest.mark.parametrize("value", [4, 20])
def test_it_counts_no_card_outside_every_tier(world: World, pack: Pack, value: int) -> None:
    Card.objects.filter(pack=pack).update(fmv=Decimal(value))
    assert pack.pk not in in_stock(world.northwind.live)


def test_it_counts_no_card_of_a_pack_without_tiers(world: World) -> None:
    bare = make_pack()
    make_card(pack=bare)
    assert bare.pk not in in_stock(world.northwind.live)


def test_it_clears_its_cache_when_that_is_full(
    world: World, pack: Pack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figures, "MOST_KEPT", 1)
    for environment in (world.northwind.live, world.northwind.sandbox):
        for card in Card.objects.filter(pack=pack, fmv__in=(10, 11)):
            make_item(environment, card=card, pack=pack)
        in_stock(environment)
    assert len(figures._HAD_ANY) == 1


def test_it_shows_the_most_valuable_that_are_left_among_as_many_as_it_looks_at(
    world: World, pack: Pack
) -> None:
    def shown() -> list[int]:
        return [
            int(card.fmv) for card in chase_by_pack(world.northwind.live, pack).get(pack.pk, [])
        ]

    assert shown() == [15, 14, 13]
    hold(world, pack, 14)
    assert shown() == [15, 13]
    hold(world, pack, 13, 15)
    assert shown() == []


def test_a_process_keeps_the_live_chases_for_some_seconds(
    world: World,
    pack: Pack,
    monkeypatch: pytest.MonkeyPatch,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    def shown(environment: Environment) -> list[int]:
        return [int(card.fmv) for card in chases_on_sale(environment, [pack]).get(pack.pk, [])]

    assert shown(world.northwind.live) == [15, 14, 13]
    for environment in (world.northwind.live, world.northwind.sandbox):
        make_item(environment, card=Card.objects.get(pack=pack, fmv=15), pack=pack)
    with django_assert_num_queries(0):
        assert shown(world.juniper.live) == [15, 14, 13]  # one pool for all of live
    assert shown(world.northwind.sandbox) == [14, 13]
    later = time.monotonic() + figures.KEPT + 1
    monkeypatch.setattr("inventory.packs.figures.time.monotonic", lambda: later)
    assert shown(world.northwind.live) == [14, 13]


def test_a_process_keeps_the_chases_of_few_lists(
    world: World, pack: Pack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figures, "MOST_CHASES", 1)
    monkeypatch.setattr(figures, "_CHASES", {})
    for packs in ([pack], [make_pack()]):
        chases_on_sale(world.northwind.live, packs)
    assert len(figures._CHASES) == 1


def test_it_orders_equal_values_by_age_and_shows_twenty(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = make_pack()
    cards = [make_card(pack=large, fmv=Decimal(7)) for _ in range(25)]
    assert [card.pk for card in chase_by_pack(world.northwind.live)[large.pk]] == [
        card.pk for card in cards[:20]
    ]


def test_it_counts_a_purchase_s_stock_in_no_order(world: World, pack: Pack) -> None:
    """With an order, PostgreSQL might read all cards to find those of the pack."""
    hold(world, pack, *range(10, 16))
    with CaptureQueriesContext(connection) as asked, pytest.raises(OutOfStock):
        buy_pulls(
            environment=world.northwind.live,
            pack_id=pack.public_id,
            amount=1,
            user_id="ada",
            by=SYSTEM,
        )
    counts = [one["sql"] for one in asked if "COUNT(*)" in one["sql"]]
    assert len(counts) == 1
    assert not [sql for sql in counts if "ORDER BY" in sql]
    first = next(place for place, one in enumerate(asked) if "COUNT(*)" in one["sql"])
    assert any("enable_hashjoin = off" in one["sql"] for one in asked.captured_queries[:first])
