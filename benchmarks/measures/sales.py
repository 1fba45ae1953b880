"""Throughput, latency and CPU time of sellbacks, in rounds with rotating order."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from benchmarks.contestants import Contestant, HttpContestant, Measured
from benchmarks.load import Numbers
from benchmarks.world import Database

FASTEST = 8_000  # upper limit of sellbacks a second, for the supply of a run
WARM_UP = 1.5  # seconds for each contestant before the measurement
Some = TypeVar("Some")


@dataclass
class Supply:
    """Unsold items, handed out in blocks; ``most`` limits a run (for a quick check)."""

    database: Database
    most: int | None = None
    step: int = 1  # 2: only items without a deadline
    taken: int = 0
    spared: int = 0  # items at the end that are not sold

    def take(self, count: int) -> Numbers:
        """Items not handed out yet. Raises RuntimeError if there are too few."""
        world = self.database.world
        span = world.items - world.history - self.spared
        if self.taken + count > span // self.step:
            raise RuntimeError(
                f"{span:,} sellable items are too few for this: use more --items or fewer --pairs."
            )
        start, self.taken = self.taken, self.taken + count
        return Numbers(world.history, span, start, count, self.step)

    def for_run(self, seconds: float, rate: int = FASTEST) -> Numbers:
        """Enough items for a run of ``seconds`` at ``rate``."""
        return self.take(self.most or round((seconds + 0.5) * rate) + 200)


def in_turn(contestants: Sequence[Some], number: int) -> list[Some]:
    """Each contestant once, in rotating and alternating order, so that drift affects all alike."""
    shift = number // 2 % len(contestants)
    turned = [*contestants[shift:], *contestants[:shift]]
    return turned[::-1] if number % 2 else turned


def rounds(
    contestants: Sequence[Some],
    count: int,
    measure: Callable[[Some], Measured],
    name: Callable[[Some], str],
) -> dict[str, list[Measured]]:
    """``count`` rounds; measurements by contestant, in the order of the rounds."""
    found: dict[str, list[Measured]] = {name(one): [] for one in contestants}
    for number in range(count):
        for one in in_turn(contestants, number):
            measured = measure(one)
            found[name(one)].append(measured)
            sys.stderr.write(
                f"round {number + 1} of {count}: {name(one)} {measured.rate:,.0f} a second\n"
            )
    return found


def measure_sales(
    contestants: Sequence[Contestant], supply: Supply, *, pairs: int, seconds: float
) -> dict[str, list[Measured]]:
    """Sellbacks by all contestants."""
    warm = min(WARM_UP, seconds)
    rates: dict[str, int] = {}
    for one in contestants:
        report = one.sell(supply.for_run(warm), warm)
        rates[one.name] = min(FASTEST, round(report.done / report.seconds * 1.6) + 200)

    def measure(one: Contestant) -> Measured:
        return one.measure(supply.for_run(seconds, rates[one.name]), seconds)

    return rounds(contestants, pairs, measure, lambda one: one.name)


def measure_pages(
    contestants: Sequence[HttpContestant], paths: tuple[str, ...], *, pairs: int, seconds: float
) -> dict[str, list[Measured]]:
    """The same pages from all contestants that serve them."""
    for one in contestants:
        one.read(paths, min(WARM_UP, seconds))

    def measure(one: HttpContestant) -> Measured:
        before = one.server_cpu()
        report = one.read(paths, seconds)
        if report.first_wrong:
            raise RuntimeError(f"{one.name}: {report.first_wrong}")
        return Measured(report, one.server_cpu() - before, 0.0)

    return rounds(contestants, pairs, measure, lambda one: one.name)
