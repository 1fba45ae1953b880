"""Finding a user, an item, a card, a sellback or a payout from any page."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries

from buyback.dashboard import search
from buyback.models import Payout
from buyback.sellback.sell_back import sell_back
from inventory.models import Card
from partners.records.actor import SYSTEM
from tests.dashboard.steps import HTMX, signed_in
from tests.shipments import make_order
from tests.world import World, make_card, make_collector, make_item

HERE = "/dashboard/live/search/"
# Session, user, memberships, environment; names, in a separate transaction; users, cards by id,
# purchases, and the items of the results.
QUERIES = 12
WITH_UUID = 14  # including sellbacks and payouts


def found(world: World, query: str, mode: str = "live") -> search.Found:
    answer = signed_in(world.northwind.viewer).get(f"/dashboard/{mode}/search/", {"q": query})
    return answer.context["found"]  # type: ignore[no-any-return]


def test_it_finds_a_user_by_the_start_of_the_id_the_whole_one_first(world: World) -> None:
    for user_id in ("anna", "ann", "bob", "Ann"):
        make_collector(world.northwind.live, user_id)
    assert [user.user_id for user in found(world, "ann").users] == ["ann", "anna"]


@pytest.mark.parametrize(
    "text", ["north", "NORTH LIGHT", "MintNorthLight1111111111111111111111111111"]
)
def test_it_finds_an_item_by_its_card(world: World, text: str) -> None:
    item = make_item(world.northwind.live, card=world.cards[9])
    make_item(world.northwind.live, card=world.cards[0])
    assert [one.pk for one in found(world, text).items] == [item.pk]


def test_it_finds_items_by_their_listing_and_by_their_purchase(world: World) -> None:
    item = make_item(world.northwind.live, card=world.cards[2])
    for text in ("v1|110586049456|0", str(item.purchase_id), item.purchase.public_id):
        assert [one.pk for one in found(world, text).items] == [item.pk]


def test_it_lists_an_items_own_id_before_names(world: World) -> None:
    by_id = make_item(
        world.northwind.live, card=make_card(listing_id="fog", source_type="alt", name="Zinc")
    )
    by_name = make_item(world.northwind.live, card=make_card(name="Fog"))
    assert [one.pk for one in found(world, "fog").items] == [by_id.pk, by_name.pk]


def test_it_finds_a_sellback_and_a_payout_by_their_ids(world: World) -> None:
    item = make_item(world.northwind.live)
    sale = sell_back(environment=world.northwind.live, item_id=item.public_id, by=SYSTEM)
    assert [one.pk for one in found(world, str(sale.buyback_id)).buybacks] == [sale.buyback_id]
    assert [one.pk for one in found(world, str(sale.payout_id).upper()).payouts] == [sale.payout_id]


def test_it_finds_an_order_by_its_id(world: World) -> None:
    made = [
        make_order(company.live, make_item(company.live))
        for company in (world.northwind, world.juniper)
    ]
    assert [found(world, order.public_id).orders for order in made] == [[made[0]], []]
    assert made[0].public_id in str(
        signed_in(world.northwind.viewer).get(f"{HERE}?q={made[0].public_id}").content
    )


def test_it_finds_nothing_of_another_partner_or_mode(world: World) -> None:
    item = make_item(
        world.juniper.live, collector=make_collector(world.juniper.live, "ann"), card=world.cards[9]
    )
    sale = sell_back(environment=world.juniper.live, item_id=item.public_id, by=SYSTEM)
    make_item(
        world.northwind.live,
        card=world.cards[9],
        collector=make_collector(world.northwind.live, "zed"),
    )
    texts = ("ann", item.purchase.public_id, item.purchase_id, sale.buyback_id, sale.payout_id)
    assert [found(world, str(text)).size for text in texts] == [0] * 5
    assert found(world, "north", "sandbox").size == 0
    assert Payout.objects.count() == 1


@pytest.mark.parametrize("query", ["\0", "a\0b", "%", "_", "x" * 5000, "👻", "'; --"])
def test_it_finds_nothing_for_unusual_queries(world: World, query: str) -> None:
    make_item(world.northwind.live)
    assert found(world, query).size == 0


def test_it_says_that_more_cards_match(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "CARDS", 2)
    for _ in range(3):
        make_item(world.northwind.live, card=make_card(name="Fable"))
    assert (len(found(world, "fab").items), found(world, "fab").more_cards) == (2, True)


def test_its_number_of_queries_does_not_depend_on_rows(
    world: World, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = signed_in(world.northwind.viewer)
    for amount in (1, 6):
        for _ in range(amount):
            item = make_item(world.northwind.live, card=make_card(name="Fable"))
            make_collector(world.northwind.live)
        for query, expected in (
            ("fable", QUERIES),
            ("user", QUERIES - 1),
            (str(item.purchase_id), WITH_UUID),
        ):
            with django_assert_num_queries(expected):
                client.get("/dashboard/live/search/", {"q": query})


def test_it_answers_htmx_with_the_list_alone(world: World) -> None:
    make_collector(world.northwind.live, "ann")
    page = (
        signed_in(world.northwind.viewer)
        .get("/dashboard/live/search/?q=an", headers=HTMX)
        .content.decode()
    )
    assert "<html" not in page
    assert "1 found" in page
    assert "All results" in page


def test_it_distinguishes_no_query_from_no_match(world: World) -> None:
    client = signed_in(world.northwind.viewer)
    assert "Search" in client.get("/dashboard/live/search/").content.decode()
    assert "Nothing matches" in client.get("/dashboard/live/search/?q=zed").content.decode()


def plan(rows: Any) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    return str(rows.explain())


def test_it_reads_names_through_their_index(world: World) -> None:
    assert "inventory_card_name_begins" in plan(
        Card.objects.filter(name__istartswith="north").order_by()
    )
