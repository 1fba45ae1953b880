"""The odds of a pull: which tiers a purchase gets. Fair, and from the operating system's
cryptographic source.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from secrets import randbelow

WEIGHT_UNIT = 10_000  # weights have four decimals; whole numbers keep the draw exact


def draw_tiers(
    weights: Mapping[int, Decimal], stock: Mapping[int, int], amount: int
) -> Counter[int]:
    """How many cards of each tier ``amount`` pulls get, as ``{tier id: count}``.

    Each pull draws a tier by its weight relative to the tiers that still hold a card; a tier that
    runs dry leaves the draw to the others. ``stock`` counts the cards left by tier. Raises
    ValueError when they are fewer than ``amount``.
    """
    if sum(stock.values()) < amount:
        raise ValueError("fewer cards than pulls")
    drawn: Counter[int] = Counter()
    for _ in range(amount):
        open_tiers = {
            tier: int(weights[tier] * WEIGHT_UNIT)
            for tier, left in stock.items()
            if left > drawn[tier]
        }
        drawn[_pick(open_tiers)] += 1
    return drawn


def _pick(weights: Mapping[int, int]) -> int:
    """One key of ``weights``, each as likely as its weight."""
    point = randbelow(sum(weights.values()))
    for tier, weight in weights.items():
        point -= weight
        if point < 0:
            return tier
    raise AssertionError("the weights add up to more than their sum")
