"""The stock of tiers: counted periodically, stored with the tier, live only."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from buyback.sellback.sell_back import sell_back
from inventory.models import Pack, Tier
from inventory.packs.figures import count_sold, refresh_values
from partners.records.actor import SYSTEM
from tests.world import NOW, World, make_card, make_item, make_pack, make_tier


def stock() -> list[tuple[Any, ...]]:
    return list(
        Tier.objects.order_by("pack_id", "position").values_list(
            "name", "cards", "available", "mean"
        )
    )


def test_it_counts_what_each_tier_holds(world: World) -> None:
    assert refresh_values(now=NOW) == 1
    assert stock() == [
        ("Common", 6, 6, Decimal("10.28")),
        ("Rare", 4, 4, Decimal("52.04")),
        ("Legendary", 2, 2, Decimal("575.00")),
    ]
    pack = Pack.objects.get()
    assert (pack.ev, pack.min_ev, pack.max_ev, pack.ev_updated_at) == (
        Decimal("48.96"),
        Decimal("5.00"),
        Decimal("999.99"),
        NOW,
    )


@pytest.mark.parametrize(("mode", "left"), [("live", 1), ("sandbox", 2)])
def test_it_leaves_out_what_a_live_user_holds(world: World, mode: str, left: int) -> None:
    make_item(world.northwind.environment(mode), card=world.cards[11], pack=world.pack)
    refresh_values()
    assert Tier.objects.get(name="Legendary").available == left


def test_it_counts_a_card_sold_back_as_available_again(world: World) -> None:
    item = make_item(world.northwind.live, card=world.cards[11], pack=world.pack)
    sell_back(environment=world.northwind.live, item_id=item.public_id, by=SYSTEM, now=NOW)
    make_item(world.northwind.live, card=world.cards[10], pack=world.pack)
    refresh_values()
    assert count_sold() == 3
    tier = Tier.objects.get(name="Legendary")
    assert (tier.cards, tier.available, tier.sold) == (2, 1, 1)
    assert Tier.objects.get(name="Common").sold == 0


def test_it_counts_a_tier_without_cards_for_nothing(world: World) -> None:
    make_tier(world.pack, position=3, name="Mythic", lower=1000, upper=5000, weight=100)
    refresh_values(now=NOW)
    assert Pack.objects.get().ev == Decimal("48.96")
    mythic = Tier.objects.get(name="Mythic")
    assert (mythic.cards, mythic.available, mythic.mean) == (0, 0, None)


def test_it_refreshes_one_pack_and_leaves_the_others(world: World) -> None:
    other = make_pack()
    make_tier(other)
    make_card(pack=other)
    assert refresh_values(pack=other, now=NOW) == 1
    assert [row[1] for row in stock()] == [None, None, None, 1]


def test_it_empties_the_value_of_a_pack_without_cards(world: World) -> None:
    empty = make_pack(ev=Decimal(5))
    refresh_values(now=NOW)
    empty.refresh_from_db()
    assert (empty.ev, empty.min_ev, empty.max_ev, empty.ev_updated_at) == (None, None, None, NOW)
