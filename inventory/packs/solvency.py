"""Whether a pack can be sold: what its odds say of its price, its tiers and its stock, in plain
words. Amounts are USD.

Works on the figures that ``packs.refresh_values`` keeps, so it counts nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from decimal import Decimal
from itertools import pairwise

from config.foundation.money import round_usd
from inventory.models import Pack, Tier


def expected_cost(pack: Pack) -> Decimal | None:
    """What selling one pull of the pack back costs on average: Σ odds × mean market value × the
    share paid back.
    """
    return None if pack.ev is None else round_usd(pack.ev * pack.buyback_percent)


def concerns(pack: Pack, tiers: Collection[Tier]) -> list[str]:
    """What an admin should know before users buy from the pack; nothing, if all is well."""
    if not tiers:
        return ["It has no tiers, so nothing can be pulled."]
    return [*_of_price(pack), *_of_bounds(tiers), *_of_stock(tiers)]


def _of_price(pack: Pack) -> Iterator[str]:
    cost = expected_cost(pack)
    if pack.ev is None or cost is None:
        yield "None of its tiers holds a card, so nothing can be pulled."
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
            why = "holds no card" if not tier.cards else "is drained: users hold all its cards"
            yield f"{tier.name} {why}. Its odds go to the other tiers."
