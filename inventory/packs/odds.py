"""The odds of a pull: which tiers a purchase gets, drawn by the system's secure source."""

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

    Each pull draws a tier by its weight relative to the tiers that still have a card. An exhausted
    tier leaves the draw. ``stock`` is the number of cards left by tier. Raises ValueError if that
    is fewer than ``amount``.
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
    """A key of ``weights``, with a probability in proportion to its weight."""
    point = randbelow(sum(weights.values()))
    for tier, weight in weights.items():
        point -= weight
        if point < 0:
            return tier
    raise AssertionError("the weights add up to more than their sum")
