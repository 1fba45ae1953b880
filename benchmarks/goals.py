"""Goals, measured figures, and their table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.contestants import Measured

OURS = "this server"
LEAST = {
    "peer, eight": 1.0,
    "peer, one": 0.7,
    "pgbench": 0.35,
}  # sales a second, as a share of theirs

Figure = Callable[[Measured], float]
Bound = tuple[str, float]


@dataclass(frozen=True, slots=True)
class Goal:
    """A figure and its bound: at least (``>=``) or at most (``<=``)."""

    what: str
    found: float
    sign: str
    bound: float
    spread: tuple[float, float] | None = None  # lowest and highest of the pairs

    @property
    def met(self) -> bool:
        """Whether the goal is met."""
        return self.found >= self.bound if self.sign == ">=" else self.found <= self.bound

    def verdict(self) -> str:
        """Met, or by how much of the bound it is missed."""
        if self.met or not self.bound:
            return "met" if self.met else "missed"
        return f"missed by {abs(self.found / self.bound - 1):.0%}"


def ratio(
    found: dict[str, list[Measured]], to: str, what: str, figure: Figure, bound: Bound
) -> Goal:
    """Ours divided by ``to``'s, pair by pair; the median of the pairs."""
    pairs = [
        figure(ours) / figure(theirs) for ours, theirs in zip(found[OURS], found[to], strict=True)
    ]
    return Goal(f"{what} / {to}", median(pairs), *bound, (min(pairs), max(pairs)))


def sale_goals(sales: dict[str, list[Measured]]) -> list[Goal]:
    """The goals for the sellback, for the contestants that ran."""
    peers = [name for name in sales if name.startswith("peer")]
    return [
        *(
            ratio(sales, peer, "sales a second", _rate, (">=", LEAST[peer]))
            for peer in (*peers, "pgbench")
        ),
        ratio(sales, "pgbench", "CPU of a sale", Measured.cpu_each, ("<=", 3.0)),
        *(ratio(sales, peer, "p99 of a sale", _p99, ("<=", 1.5)) for peer in peers),
    ]


def caps_goals(sales: dict[str, list[Measured]]) -> list[Goal]:
    """The goal for sellbacks that count against caps."""
    return [ratio(sales, "this server, caps off", "capped sales a second", _rate, (">=", 0.9))]


def page_goal(pages: dict[str, list[Measured]]) -> list[Goal]:
    """The goal for the inventory."""
    peers = [name for name in pages if name.startswith("peer")]
    return [ratio(pages, peer, "inventory of 100 a second", _rate, (">=", 1.0)) for peer in peers]


def _p99(one: Measured) -> float:
    return one.report.p99


def _rate(one: Measured) -> float:
    return one.rate


def contestants_table(title: str, found: dict[str, list[Measured]]) -> list[str]:
    """One line for each contestant: medians over the rounds."""
    rows = [
        (title, "per second", "p50 ms", "p99 ms", "server µs", "PostgreSQL µs", "generator CPU")
    ]
    for name, runs in found.items():
        rows.append(
            (
                name,
                f"{median(one.rate for one in runs):,.0f}",
                f"{median(one.report.p50 for one in runs) * 1000:.2f}",
                f"{median(one.report.p99 for one in runs) * 1000:.2f}",
                f"{median(one.server_cpu / one.report.done for one in runs) * 1e6:,.0f}",
                f"{median(one.postgres_cpu / one.report.done for one in runs) * 1e6:,.0f}",
                f"{median(one.report.cpu / one.report.seconds for one in runs):.0%}",
            )
        )
    return markdown(rows)


def goals_table(goals: Iterable[Goal]) -> list[str]:
    """One line for each goal."""
    rows = [("goal", "bound", "found", "least to most", "")]
    for goal in goals:
        spread = f"{goal.spread[0]:.2f} to {goal.spread[1]:.2f}" if goal.spread else ""
        rows.append(
            (goal.what, f"{goal.sign} {goal.bound:g}", f"{goal.found:.2f}", spread, goal.verdict())
        )
    return markdown(rows)


def markdown(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """A table that is readable in a terminal and on a page."""
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    lines = [
        "| "
        + " | ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True))
        + " |"
        for row in rows
    ]
    return [lines[0], "| " + " | ".join("-" * width for width in widths) + " |", *lines[1:]]
