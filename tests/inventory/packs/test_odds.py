"""The odds of a pull: a statistical test of 100,000 draws.

Pearson's chi-square statistic is compared with its critical value at significance 0.001. Fair draws
exceed it once in a thousand runs, so the test draws a second sample then, and fails only if both
exceed it: once in a million runs. ``test_it_would_notice`` shows that odds that differ by two
points always fail.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from decimal import Decimal

import pytest

from buyback.demo.packs import PACKS, PackPlan
from inventory.models import Card
from inventory.packs.odds import draw_tiers
from tests.world import World

DRAWS = 100_000
# Chi-square's upper 0.001 quantile by degrees of freedom.
CRITICAL = {1: 10.828, 2: 13.816, 3: 16.266, 4: 18.467, 5: 20.515, 6: 22.458}
WEIGHTS = {1: Decimal(52), 2: Decimal(32), 3: Decimal(12), 4: Decimal("3.2"), 5: Decimal("0.8")}
PLENTY = dict.fromkeys(WEIGHTS, DRAWS)


def statistic(counts: Mapping[int, int], weights: Mapping[int, Decimal]) -> float:
    """Pearson's: the sum of (observed - expected)² / expected."""
    draws, total = sum(counts.values()), sum(weights.values())
    expected = {tier: float(draws * weight / total) for tier, weight in weights.items()}
    return sum((counts.get(tier, 0) - wanted) ** 2 / wanted for tier, wanted in expected.items())


def fits(sample: Callable[[], Mapping[int, int]], weights: Mapping[int, Decimal]) -> bool:
    """Whether one of two samples fits the weights."""
    return any(statistic(sample(), weights) < CRITICAL[len(weights) - 1] for _ in range(2))


def test_it_draws_tiers_by_their_weights() -> None:
    assert fits(lambda: draw_tiers(WEIGHTS, PLENTY, DRAWS), WEIGHTS)


def test_it_would_notice() -> None:
    """The control: two points moved from the first tier to the second, and a tier's odds halved."""
    draws = draw_tiers(WEIGHTS, PLENTY, DRAWS)
    for other in ({1: Decimal(50), 2: Decimal(34)}, {5: Decimal("0.4")}):
        assert statistic(draws, WEIGHTS | other) > CRITICAL[4]


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.slug)
def test_it_draws_each_demo_pack_by_its_odds(pack: PackPlan) -> None:
    weights = {number: tier.weight for number, tier in enumerate(pack.tiers)}
    assert fits(lambda: draw_tiers(weights, dict.fromkeys(weights, 10_000), 10_000), weights)


def test_it_weighs_pulls_one_by_one_as_it_weighs_many() -> None:
    def one_by_one() -> Counter[int]:
        total: Counter[int] = Counter()
        for _ in range(20_000):
            total += draw_tiers(WEIGHTS, PLENTY, 1)
        return total

    assert fits(one_by_one, WEIGHTS)


def test_it_keeps_weights_of_four_decimals_exact() -> None:
    weights = {1: Decimal("0.0001"), 2: Decimal("0.0003")}
    assert fits(lambda: draw_tiers(weights, {1: 20_000, 2: 20_000}, 20_000), weights)


def test_it_leaves_a_dry_tier_to_the_others_by_their_weights() -> None:
    stock = PLENTY | {1: 0, 4: 0}
    left = {tier: weight for tier, weight in WEIGHTS.items() if stock[tier]}
    assert fits(lambda: draw_tiers(WEIGHTS, stock, 50_000), left)
    assert not set(draw_tiers(WEIGHTS, stock, 1000)) & {1, 4}


def test_it_never_draws_more_than_there_are() -> None:
    stock = {1: 3, 2: 1, 3: 0, 4: 2, 5: 1}
    for amount in range(1, 8):
        drawn = draw_tiers(WEIGHTS, stock, amount)
        assert drawn.total() == amount
        assert all(drawn[tier] <= left for tier, left in stock.items())
    assert draw_tiers(WEIGHTS, stock, 7) == Counter(
        {tier: left for tier, left in stock.items() if left}
    )


def test_it_refuses_more_than_there_are() -> None:
    with pytest.raises(ValueError, match="fewer cards than pulls"):
        draw_tiers(WEIGHTS, {1: 2, 2: 1}, 4)


def test_it_draws_nothing_for_no_pulls() -> None:
    assert draw_tiers(WEIGHTS, PLENTY, 0) == Counter()


def test_it_draws_a_tiers_cards_uniformly(world: World) -> None:
    tier = world.tiers[0]
    cards = list(Card.objects.in_tier(tier))
    weights = {card.pk: Decimal(1) for card in cards}

    def sample() -> Counter[int]:
        return Counter(Card.objects.in_tier(tier).lock_random(1)[0].pk for _ in range(1200))

    assert len(cards) == 6
    assert fits(sample, weights)
