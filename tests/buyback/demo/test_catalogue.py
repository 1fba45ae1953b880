"""The demo's catalogue: equal for equal seeds, and with the values that its packs need."""

from __future__ import annotations

from decimal import Decimal
from functools import cache

import pytest

from buyback.demo.catalogue import BASE58, Row, generate
from buyback.demo.packs import PACKS, PackPlan, TierPlan


@cache
def rows() -> tuple[Row, ...]:
    """The demo at its default size, generated once."""
    return tuple(generate())


def values(pack: PackPlan, tier: TierPlan) -> list[Decimal]:
    """Market values of a tier's cards."""
    of_pack = (Decimal(str(row["fmv"])) for row in rows() if row["pack"] == pack.slug)
    return [fmv for fmv in of_pack if tier.lower <= fmv < tier.upper]


def design(row: Row) -> tuple[str, str]:
    """The design, which copies share."""
    attributes = row["attributes"]
    assert isinstance(attributes, dict)
    return attributes["Set"], attributes["Number"]


def test_it_makes_the_same_rows_from_the_same_seed() -> None:
    assert list(generate(7, 200, 80)) == list(generate(7, 200, 80))


def test_it_makes_other_rows_from_another_seed() -> None:
    assert list(generate(7, 200, 80)) != list(generate(8, 200, 80))


def test_it_makes_five_thousand_cards_of_over_six_hundred_designs() -> None:
    assert len(rows()) == 5000
    assert len({design(row) for row in rows()}) >= 600


def test_it_gives_every_card_an_identity_of_its_own() -> None:
    assert len({row["mint_address"] or row["listing_id"] for row in rows()}) == 5000


def test_it_mints_what_core_packs_hold_and_lists_the_rest() -> None:
    types = {pack.slug: pack.type for pack in PACKS}
    for row in rows():
        assert (
            (row["source_type"] == "enft")
            == bool(row["mint_address"])
            == (types[str(row["pack"])] == "CORE")
        )
        assert bool(row["listing_id"]) != bool(row["mint_address"])
    assert {row["source_type"] for row in rows()} == {"enft", "ebay", "fanatics", "alt", "external"}


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.slug)
def test_it_buys_a_pack_back_for_less_than_its_price(pack: PackPlan) -> None:
    weights = sum((tier.weight for tier in pack.tiers), Decimal(0))
    cost = Decimal(0)
    for tier in pack.tiers:
        mean = sum(values(pack, tier), Decimal(0)) / len(values(pack, tier))
        cost += tier.weight / weights * mean * pack.buyback_percent
    assert pack.mint_price * Decimal("0.7") < cost < pack.mint_price * Decimal("0.95")


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.slug)
def test_it_puts_every_card_of_a_pack_in_one_of_its_tiers(pack: PackPlan) -> None:
    assert sum(len(values(pack, tier)) for tier in pack.tiers) == sum(
        row["pack"] == pack.slug for row in rows()
    )
    assert all(values(pack, tier) for tier in pack.tiers)


def test_it_names_packs_as_the_api_does() -> None:
    assert len({pack.slug for pack in PACKS}) == len({pack.id for pack in PACKS}) == len(PACKS) == 6
    for pack in PACKS:
        assert 32 <= len(pack.id) <= 44
        assert set(pack.id) <= set(BASE58)
    assert [pack.slug for pack in PACKS if pack.buyback_window is None] == ["crown-reserve"]
