"""The demo's six packs. By their odds, selling back every pull costs less than its price."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

TIER_NAMES: tuple[tuple[str, str], ...] = (
    ("Common", "#94a3b8"),
    ("Uncommon", "#22c55e"),
    ("Rare", "#3b82f6"),
    ("Epic", "#a855f7"),
    ("Legendary", "#f59e0b"),
)


@dataclass(frozen=True)
class TierPlan:
    """One tier: cards of `lower` ≤ value < `upper` (USD), drawn with a relative `weight`."""

    name: str
    color: str
    lower: Decimal
    upper: Decimal
    weight: Decimal


@dataclass(frozen=True)
class PackPlan:
    """One pack, and the share of the catalogue's cards that goes into it."""

    name: str
    slug: str
    id: str
    type: str
    description: str
    mint_price: Decimal
    max_per_mint: int
    buyback_window: timedelta | None
    categories: tuple[str, ...]
    tiers: tuple[TierPlan, ...]
    share: float
    buyback_percent: Decimal = Decimal("0.85")


def _tiers(*bounds: int, weights: tuple[str, ...]) -> tuple[TierPlan, ...]:
    return tuple(
        TierPlan(name, color, Decimal(lower), Decimal(upper), Decimal(weight))
        for (name, color), lower, upper, weight in zip(
            TIER_NAMES, bounds[:-1], bounds[1:], weights, strict=True
        )
    )


WEEK = timedelta(days=7)

PACKS: tuple[PackPlan, ...] = (
    PackPlan(
        name="Pocket Lantern",
        slug="pocket-lantern",
        id="PocketLantern1111111111111111111111111111111",
        type="CORE",
        description=(
            "A small pack for a first pull: beasts, blooms and, now and then, something bright."
        ),
        mint_price=Decimal("10.00"),
        max_per_mint=10,
        buyback_window=WEEK,
        categories=("Creatures", "Flora", "Worlds", "Relics"),
        tiers=_tiers(2, 6, 12, 30, 80, 250, weights=("52", "32", "12", "3.2", "0.8")),
        share=0.30,
    ),
    PackPlan(
        name="Harbour Lot",
        slug="harbour-lot",
        id="HarbourLot1111111111111111111111111111111111",
        type="EBAY",
        description="Listings bought in by the crate: ships, shirts, clockwork and city views.",
        mint_price=Decimal("25.00"),
        max_per_mint=10,
        buyback_window=WEEK,
        categories=("Voyages", "Athletes", "Citadels", "Automata"),
        tiers=_tiers(6, 15, 30, 70, 200, 600, weights=("50", "34", "12", "3.3", "0.7")),
        share=0.24,
    ),
    PackPlan(
        name="Workshop Crate",
        slug="workshop-crate",
        id="WorkshopCrate111111111111111111111111111111",
        type="CORE",
        description=(
            "Automata from the benches of Brasswick, and treasures that outlived their owners."
        ),
        mint_price=Decimal("50.00"),
        max_per_mint=10,
        buyback_window=WEEK,
        categories=("Automata", "Relics"),
        tiers=_tiers(15, 30, 60, 140, 400, 1200, weights=("50", "34", "12", "3.3", "0.7")),
        share=0.18,
    ),
    PackPlan(
        name="Auction Night",
        slug="auction-night",
        id="AuctionNight11111111111111111111111111111111",
        type="EBAY",
        description=(
            "Lots straight from the room. Decide by tomorrow: the window closes after one day."
        ),
        mint_price=Decimal("100.00"),
        max_per_mint=5,
        buyback_window=timedelta(days=1),
        categories=("Athletes", "Creatures", "Automata"),
        tiers=_tiers(30, 60, 120, 280, 800, 2400, weights=("50", "34", "12", "3.3", "0.7")),
        share=0.14,
    ),
    PackPlan(
        name="Cartographer's Case",
        slug="cartographers-case",
        id="CartographersCase111111111111111111111111111",
        type="CORE",
        description="Small worlds, tall ships and far towers, picked by hand from the map room.",
        mint_price=Decimal("250.00"),
        max_per_mint=5,
        buyback_window=timedelta(days=14),
        categories=("Worlds", "Voyages", "Citadels"),
        tiers=_tiers(80, 150, 300, 700, 2000, 6000, weights=("50", "34", "12.4", "3", "0.6")),
        share=0.09,
    ),
    PackPlan(
        name="Crown Reserve",
        slug="crown-reserve",
        id="CrownReserve11111111111111111111111111111111",
        type="CORE",
        description=(
            "The best of every series, graded and sealed. Its sellback window never closes."
        ),
        mint_price=Decimal("1000.00"),
        max_per_mint=3,
        buyback_window=None,
        categories=(
            "Creatures",
            "Athletes",
            "Voyages",
            "Automata",
            "Flora",
            "Relics",
            "Worlds",
            "Citadels",
        ),
        tiers=_tiers(
            320,
            600,
            1200,
            2800,
            8000,
            25000,
            weights=("50", "35", "11.8", "2.7", "0.5"),
        ),
        share=0.05,
    ),
)
