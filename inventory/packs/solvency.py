"""Checks of a pack before launch: its odds against its price, its tiers and its stock.

Amounts are in USD. Uses the figures that ``packs.refresh_values`` stores, so it counts nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from decimal import Decimal
from itertools import pairwise

from config.foundation.money import round_usd
from inventory.models import Pack, Tier


def expected_cost(pack: Pack) -> Decimal | None:
    """The average cost of selling one pull back: Σ odds × mean market value × sellback share."""
    return None if pack.ev is None else round_usd(pack.ev * pack.buyback_percent)


def concerns(pack: Pack, tiers: Collection[Tier]) -> list[str]:
    """Warnings for an admin about this pack; empty if it is fine."""
    if not tiers:
        return ["The pack has no tiers, so nothing can be pulled."]
    return [*_of_price(pack), *_of_bounds(tiers), *_of_stock(tiers)]


def _of_price(pack: Pack) -> Iterator[str]:
    cost = expected_cost(pack)
    if pack.ev is None or cost is None:
        yield "None of its tiers has a card, so nothing can be pulled."
    elif cost > pack.mint_price:
        yield (
            f"A pull sells back for ${cost:,} on average, more than its price of "
            f"${pack.mint_price:,}: "
            "every pull loses money."
        )
    elif pack.ev > pack.mint_price:
        yield (
            f"A pull is worth ${pack.ev:,} on average, more than its price of "
            f"${pack.mint_price:,}. "
            f"Sold back it costs ${cost:,}."
        )


def _of_bounds(tiers: Collection[Tier]) -> Iterator[str]:
    for below, above in pairwise(sorted(tiers, key=lambda tier: tier.lower)):
        if below.upper < above.lower:
            yield (
                f"No tier holds values from ${below.upper:,} up to ${above.lower:,}: such cards "
                "are never pulled "
                f"(between {below.name} and {above.name})."
            )


def _of_stock(tiers: Collection[Tier]) -> Iterator[str]:
    for tier in tiers:
        if tier.available == 0:
            why = "has no card" if not tier.cards else "is drained: users hold all its cards"
            yield f"{tier.name} {why}. Its odds go to the other tiers."
