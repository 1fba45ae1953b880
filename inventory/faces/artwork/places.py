"""Pictures of worlds and citadels."""

from random import Random

from inventory.faces.artwork.drawing import (
    MIDDLE,
    Palette,
    circle,
    line,
    path,
    stars,
)


def world(draw: Random, tone: Palette) -> str:
    """A banded planet with its moons."""
    x, y, radius = MIDDLE + draw.randint(-16, 16), draw.randint(186, 206), draw.randint(104, 126)
    clip, tilt = f"{tone.prefix}c", draw.randint(-24, 24)
    moons = "".join(
        circle(draw.randint(40, 390), draw.choice((50, 60, 340, 360)), draw.randint(9, 24), fill)
        for fill in (tone.light, tone.pale)
    )
    shadow = f' stroke="{tone.deep}" stroke-width="{radius * 0.5:.0f}" opacity=".3"'
    return "".join(
        (
            stars(draw, "#fff", 34, 390),
            moons,
            f'<clipPath id="{clip}"><circle cx="{x}" cy="{y}" r="{radius}"/></clipPath>',
            f'<g transform="rotate({tilt} {x} {y})"><g clip-path="url(#{clip})">',
            circle(x, y, radius, tone.light),
            _bands(draw, tone, x, y, radius),
            circle(x + radius * 0.45, y + radius * 0.35, radius * 1.15, "none", shadow),
            f"</g>{_ring(draw, tone, x, y, radius)}</g>",
        )
    )


def _bands(draw: Random, tone: Palette, x: int, y: int, radius: int) -> str:
    bands, at = "", y - radius
    while at < y + radius:
        height = draw.randint(16, 44)
        fill = draw.choice((tone.accent, tone.pale, tone.middle, tone.light))
        size = f'cx="{x}" cy="{at + height}" rx="{radius * 1.3:.0f}" ry="{height}"'
        bands += f'<ellipse {size} fill="{fill}" opacity=".7"/>'
        at += height
    return bands


def _ring(draw: Random, tone: Palette, x: int, y: int, radius: int) -> str:
    if draw.random() < 0.4:
        return ""
    wide, flat = radius * draw.uniform(1.5, 1.65), draw.randint(24, 40)
    curve = (
        f"M{x - radius} {y - 6}C{x - wide:.0f} {y + flat} {x + wide:.0f} {y + flat} "
        f"{x + radius} "
        f"{y - 6}"
    )
    return line(curve, tone.pale, 13, ' opacity=".9"') + line(curve, tone.accent, 3)


def citadel(draw: Random, tone: Palette) -> str:
    """Towers with lamps in their windows, under a moon."""
    parts = [
        circle(
            draw.randint(80, 350),
            draw.randint(70, 110),
            draw.randint(44, 64),
            tone.pale,
            ' opacity=".9"',
        ),
        stars(draw, tone.pale, 22),
    ]
    for layer, (fill, roof) in enumerate(((tone.middle, tone.light), (tone.dusk, tone.accent))):
        x = draw.randint(-20, 10) + layer * 18
        while x < 410:
            wide, top = draw.randint(40, 66), draw.randint(130, 220) + layer * 50
            peak = draw.choice((40, 60, 84))
            shape = draw.choice(
                (
                    f"M{x - 6} {top}L{x + wide / 2:g} {top - peak}L{x + wide + 6} {top}z",
                    f"M{x} {top}a{wide / 2:g} {wide / 2:g} 0 0 1 {wide} 0z",
                )
            )
            parts += [path(shape, roof), path(f"M{x} {top}h{wide}V400h-{wide}z", fill)]
            if layer:
                lamps = "".join(
                    f"M{x + side * wide // 3} {row}v7"
                    for row in range(top + 22, 345, 34)
                    for side in (1, 2)
                    if draw.random() < 0.6
                )
                parts.append(line(lamps, "#ffe9a8", 8) if lamps else "")
            x += wide + draw.randint(6, 34)
    parts.append(path("M0 352q60 -16 120 0t120 0t120 0t120 0V400H0z", tone.deep))
    return "".join(parts)
