"""Shapes and colours of the pictures, as SVG with presentation attributes only."""

import colorsys
import math
from dataclasses import dataclass
from random import Random

WIDTH = 428
HEIGHT = 400
MIDDLE = WIDTH // 2


@dataclass(frozen=True)
class Palette:
    """The inputs of a picture.

    Hex colours from dark to light, a prefix for its ids, and the card's title, which selects a
    motif.
    """

    deep: str
    dusk: str
    middle: str
    light: str
    pale: str
    accent: str
    prefix: str
    title: str

    @classmethod
    def of(cls, hue: float, turn: float, prefix: str, title: str) -> "Palette":
        """Colours around `hue`, with an accent `turn` of the colour circle away."""
        return cls(
            deep=_hex(hue, 0.52, 0.12),
            dusk=_hex(hue + 0.03, 0.44, 0.31),
            middle=_hex(hue - 0.03, 0.46, 0.52),
            light=_hex(hue - 0.03, 0.62, 0.70),
            pale=_hex(hue - 0.05, 0.70, 0.90),
            accent=_hex(hue + turn, 0.78, 0.60),
            prefix=prefix,
            title=title,
        )


def _hex(hue: float, saturation: float, lightness: float) -> str:
    channels = colorsys.hls_to_rgb(hue % 1.0, lightness, saturation)
    return "#" + "".join(f"{round(channel * 255):02x}" for channel in channels)


def circle(x: float, y: float, radius: float, fill: str, extra: str = "") -> str:
    """A filled circle."""
    return f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{radius:.0f}" fill="{fill}"{extra}/>'


def path(data: str, fill: str, extra: str = "") -> str:
    """A filled path."""
    return f'<path d="{data}" fill="{fill}"{extra}/>'


def line(data: str, stroke: str, width: float, extra: str = "") -> str:
    """A stroked path with round ends."""
    pen = f'stroke="{stroke}" stroke-width="{width:g}" stroke-linecap="round"'
    return f'<path d="{data}" fill="none" {pen}{extra}/>'


def stars(draw: Random, colour: str, count: int, floor: int = 220) -> str:
    """Stars as one path of dots, which is a quarter of the size of separate circles."""
    dots = "".join(f"M{draw.randint(8, 420)} {draw.randint(8, floor)}h0" for _ in range(count))
    return line(dots, colour, draw.choice((2, 3)), ' opacity=".8"')


def rays(draw: Random, colour: str, y: int) -> str:
    """Rays of light from a point above the middle."""
    count, turn = draw.choice((14, 18, 22)), draw.random()
    parts = []
    for ray in range(count):
        first = (ray + turn) * 2 * math.pi / count
        last = first + math.pi / count
        parts.append(
            f"M{MIDDLE} {y}l{420 * math.cos(first):.0f} {420 * math.sin(first):.0f}"
            f"L{MIDDLE + 420 * math.cos(last):.0f} {y + 420 * math.sin(last):.0f}z"
        )
    return path("".join(parts), colour, ' opacity=".22"')


def hills(draw: Random, colours: tuple[str, str]) -> str:
    """Two rows of hills; the front row has the second colour."""
    parts = []
    for base, colour in zip((290, 335), colours, strict=True):
        a, b, c = (base + draw.randint(-28, 22) for _ in range(3))
        parts.append(
            path(
                f"M0 {a}C90 {b - 50} 150 {b + 20} 230 {b}S370 {c - 50} 428 {c}V400H0z",
                colour,
            )
        )
    return "".join(parts)
