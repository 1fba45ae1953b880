"""Warnings for packs that would lose money or cannot be pulled."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from inventory.models import Pack
from inventory.packs.figures import refresh_values
from inventory.packs.solvency import concerns, expected_cost
from tests.world import World, make_item, make_pack, make_tier


def said(pack: Pack, **changes: Any) -> list[str]:
    """The warnings for the pack with these values, after counting its stock."""
    Pack.objects.filter(pk=pack.pk).update(**changes)
    refresh_values()
    counted = Pack.objects.prefetch_related("tiers").get(pk=pack.pk)
    return concerns(counted, counted.tiers.all())


@pytest.mark.parametrize(
    ("price", "share", "sentence"),
    [
        ("48.96", "1", None),
        (
            "48.95",
            "1",
            (
                "A pull sells back for $48.96 on average, more than its price of $48.95: every "
                "pull "
                "loses money."
            ),
        ),
        (
            "41.62",
            "0.85",
            (
                "A pull is worth $48.96 on average, more than its price of $41.62. Sold back it "
                "costs $41.62."
            ),
        ),
        (
            "41.61",
            "0.85",
            (
                "A pull sells back for $41.62 on average, more than its price of $41.61: every "
                "pull "
                "loses money."
            ),
        ),
    ],
)
def test_it_compares_the_expected_sellback_with_the_price(
    world: World, price: str, share: str, sentence: str | None
) -> None:
    found = said(world.pack, mint_price=Decimal(price), buyback_percent=Decimal(share))
    assert found == ([sentence] if sentence else [])


def test_it_names_a_gap_between_two_tiers(world: World) -> None:
    make_tier(world.pack, position=3, name="Mythic", lower=2000, upper=5000, weight=1)
    gap, empty = said(world.pack, mint_price=100)
    assert gap.startswith(
        "No tier holds values from $1,000.00 up to $2,000.00: such cards are never pulled"
    )
    assert gap.endswith("(between Legendary and Mythic).")
    assert empty == "Mythic has no card. Its odds go to the other tiers."


def test_it_names_a_drained_tier(world: World) -> None:
    for card in world.cards[10:]:
        make_item(world.northwind.live, card=card, pack=world.pack)
    (found,) = said(world.pack, mint_price=100)
    assert (
        found == "Legendary is drained: users hold all its cards. Its odds go to the other tiers."
    )


def test_it_says_that_nothing_can_be_pulled(db: None) -> None:
    pack = make_pack()
    assert said(pack) == ["The pack has no tiers, so nothing can be pulled."]
    make_tier(pack)
    assert said(pack)[0] == "None of its tiers has a card, so nothing can be pulled."


def test_it_knows_no_cost_without_cards(db: None) -> None:
    assert expected_cost(make_pack()) is None
    assert expected_cost(make_pack(ev=Decimal("82.50"))) == Decimal("70.13")
