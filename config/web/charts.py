"""Charts drawn on the server: coordinates for SVG, and a table with the same figures.

Colours and type are in the stylesheet. Elements have only positions, so the strict content security
policy is met.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

WIDTH, HEIGHT = 360, 150  # the drawing's own units; on a page it scales to the width
TOP, LEFT, RIGHT, BOTTOM = 16, 4, 4, 20  # space for labels around the drawing
MOST_LABELS = 8


@dataclass(frozen=True, slots=True)
class Bar:
    """One value of a chart: its label, amount and formatted amount."""

    label: str
    value: Decimal
    text: str


@dataclass(frozen=True, slots=True)
class Column:
    """A bar with its position. ``shown`` is its label below, empty if there is no room."""

    bar: Bar
    x: float
    y: float
    width: float
    height: float
    shown: str

    @property
    def middle(self) -> float:
        """The centre of its label."""
        return round(self.x + self.width / 2, 1)


def columns(bars: Sequence[Bar]) -> list[Column]:
    """Columns side by side, the tallest at full height; all flat without values."""
    if not bars:
        return []
    most = max((bar.value for bar in bars), default=Decimal(0)) or Decimal(1)
    step = (WIDTH - LEFT - RIGHT) / len(bars)
    room, every = HEIGHT - TOP - BOTTOM, -(-len(bars) // MOST_LABELS)
    placed = []
    for number, bar in enumerate(bars):
        height = round(float(bar.value / most) * room, 1)
        shown = bar.label if number % every == 0 else ""
        x, y = round(LEFT + number * step + step * 0.1, 1), round(TOP + room - height, 1)
        placed.append(Column(bar, x, y, round(step * 0.8, 1), height, shown))
    return placed


def joined(columns: Sequence[Column]) -> str:
    """The points of a line through the tops of the columns."""
    return " ".join(f"{column.middle:g},{column.y:g}" for column in columns)


def share(value: Decimal, most: Decimal) -> float:
    """A value as a percentage of ``most``, from 0 to 100, for a progress bar."""
    return round(min(max(float(value / most) * 100, 0.0), 100.0), 1) if most else 0.0


@dataclass(frozen=True, slots=True)
class Line:
    """A value over time: ``path`` of a stepped SVG line, and its lowest and highest values."""

    path: str
    low: Decimal
    high: Decimal
    first: datetime
    last: datetime


def line(points: Sequence[tuple[datetime, Decimal]]) -> Line | None:
    """Steps through the values, oldest first; None without values."""
    if not points:
        return None
    (first, start), (last, _) = points[0], points[-1]
    low, high = min(value for _, value in points), max(value for _, value in points)
    seconds, span = (last - first).total_seconds() or 1.0, high - low
    room = HEIGHT - TOP - BOTTOM

    def place(moment: datetime, value: Decimal) -> tuple[float, float]:
        x = LEFT + (WIDTH - LEFT - RIGHT) * (moment - first).total_seconds() / seconds
        y = TOP + room * (1 - (float((value - low) / span) if span else 0.5))
        return round(x, 1), round(y, 1)

    path = "M{:g} {:g}".format(*place(first, start))
    for moment, value in points[1:]:
        x, y = place(moment, value)
        path += f"H{x:g}V{y:g}"
    return Line(f"{path}H{WIDTH - RIGHT}", low, high, first, last)
