"""Pictures of ships, automata and relics."""

import math
from random import Random

from inventory.faces.artwork.drawing import (
    MIDDLE,
    WIDTH,
    Palette,
    circle,
    line,
    path,
    rays,
    stars,
)

# Names with these words get an airship instead of a ship.
ALOFT = ("Zephyr", "Balloonist", "Dirigible", "Petrel", "Mail Packet", "Pennant")


def voyage(draw: Random, tone: Palette) -> str:
    """A tall ship under sail, or an airship above the clouds."""
    moon = circle(
        draw.randint(70, 360),
        draw.randint(60, 110),
        draw.randint(34, 60),
        tone.pale,
        ' opacity=".8"',
    )
    sky = moon + stars(draw, tone.pale, 18)
    if any(word in tone.title for word in ALOFT):
        return sky + _airship(draw, tone)
    masts = draw.choice(((214,), (150, 250), (130, 214, 294)))
    parts = [sky]
    for mast in masts:
        top = draw.randint(70, 110)
        parts.append(line(f"M{mast} 300V{top}", tone.deep, 6))
        parts.append(path(f"M{mast} {top - 6}l-34 -10v20z", tone.accent))
        for row in range(draw.choice((2, 3))):
            y, half = top + 12 + row * 62, 30 + row * 11
            left, right = mast - half, mast + half
            sail = f"M{left} {y}H{right}q{draw.randint(14, 26)} 26 6 54H{left - 8}q26 -26 8 -54z"
            parts.append(path(sail, draw.choice((tone.pale, "#fff", tone.light)), ' opacity=".95"'))
    parts += [
        path("M70 288C120 306 300 306 372 270L336 350H112z", tone.accent),
        path(
            "M78 304C130 322 300 322 362 290L356 304C300 334 130 334 84 318z",
            tone.deep,
            ' opacity=".55"',
        ),
    ]
    for row, colour in enumerate((tone.middle, tone.dusk, tone.deep)):
        y, wave = 332 + row * 20, draw.randint(36, 48)
        crests = f"q{wave / 2:g} -18 {wave} 0" * (WIDTH // wave + 2)
        parts.append(path(f"M-{draw.randint(0, 30)} {y}{crests}V420H-30z", colour))
    return "".join(parts)


def _airship(draw: Random, tone: Palette) -> str:
    y = draw.randint(150, 180)
    clouds = "".join(
        path(
            f"M{x} {cloud}q20 -44 60 -24q40 -40 76 4q46 -4 40 34H{x - 20}q-4 -14 20 -14z",
            "#fff",
            ' opacity=".28"',
        )
        for x, cloud in (
            (draw.randint(0, 60), 330),
            (draw.randint(200, 260), 350),
            (draw.randint(90, 150), 372),
        )
    )
    return "".join(
        (
            f'<ellipse cx="{MIDDLE}" cy="{y}" rx="168" ry="76" fill="{tone.accent}"/>',
            f'<ellipse cx="{MIDDLE}" cy="{y}" rx="168" ry="38" fill="{tone.pale}" opacity=".5"/>',
            f'<ellipse cx="{MIDDLE}" cy="{y}" rx="100" ry="76" fill="none" stroke="{tone.deep}"/>',
            path(f"M60 {y}L18 {y - 50}V{y + 50}z", tone.light),
            line(
                f"M150 {y + 66}L170 {y + 120}M278 {y + 66}L258 {y + 120}M214 {y + 74}V{y + 120}",
                tone.deep,
                4,
            ),
            path(f"M136 {y + 112}H292L270 {y + 160}H158z", tone.deep),
            line(f"M160 {y + 132}H268", tone.pale, 9, ' stroke-dasharray="1 20"'),
            clouds,
        )
    )


def automaton(draw: Random, tone: Palette) -> str:
    """A clockwork figure in front of turning gears."""
    metal, trim = draw.choice(
        ((tone.light, tone.accent), (tone.accent, tone.pale), (tone.pale, tone.middle))
    )
    shoulders = "M70 400C70 320 120 300 214 300S358 320 358 400"
    return "".join(
        (
            _gears(draw, tone),
            path(shoulders + "z", trim),
            line(shoulders, tone.deep, 4, ' opacity=".5"'),
            line("M100 372H328", tone.deep, 8, ' stroke-dasharray="1 22" opacity=".5"'),
            f'<rect x="{MIDDLE - 32}" y="250" width="64" height="62" fill="{tone.dusk}"/>',
            line(f"M{MIDDLE - 32} 272H{MIDDLE + 32}M{MIDDLE - 32} 288H{MIDDLE + 32}", tone.deep, 4),
            line(f"M{MIDDLE} 100V{draw.randint(40, 60)}", tone.pale, 6),
            circle(MIDDLE, draw.randint(40, 52), 13, tone.accent),
            _iron_head(draw, tone, metal),
        )
    )


def _gears(draw: Random, tone: Palette) -> str:
    places = (
        (draw.randint(60, 110), draw.randint(80, 140), draw.randint(50, 70)),
        (draw.randint(320, 370), draw.randint(120, 200), draw.randint(60, 84)),
    )
    ring = f' stroke="{tone.light}" opacity=".3" stroke-width='
    return "".join(
        circle(x, y, radius, "none", f'{ring}"22" stroke-dasharray="{draw.choice((9, 12))}"')
        + circle(x, y, radius - 10, "none", f'{ring}"12"')
        for x, y, radius in places
    )


def _iron_head(draw: Random, tone: Palette, metal: str) -> str:
    wide = draw.randint(84, 100)
    pair = "".join(
        circle(x, 168, 26, tone.deep) + circle(x, 168, 13, tone.accent) for x in (172, 256)
    )
    visor = f'<rect x="{MIDDLE - 72}" y="146" width="144" height="44" rx="22" fill="{tone.deep}"/>'
    visor += circle(MIDDLE + draw.randint(-44, 44), 168, 15, tone.accent)
    lens = circle(MIDDLE, 168, 42, tone.deep) + circle(MIDDLE, 168, 24, tone.accent)
    grille = "".join(f"M{x} 216v20" for x in range(MIDDLE - 36, MIDDLE + 40, 12))
    ears = f'<rect x="{MIDDLE - wide - 18}" y="146" width="{2 * wide + 36}" height="50" rx="16"'
    left = f'<rect x="{MIDDLE - wide}" y="94" width="{2 * wide}"'
    return "".join(
        (
            f'{ears} fill="{tone.dusk}"/>',
            f'{left} height="166" rx="{draw.choice((14, 40, 70))}" fill="{metal}"/>',
            f'{left} height="34" rx="17" fill="#fff" opacity=".25"/>',
            draw.choice((pair, visor, lens + circle(MIDDLE + 8, 160, 6, "#fff"))),
            line(grille, tone.deep, 5),
        )
    )


def relic(draw: Random, tone: Palette) -> str:
    """A treasure on a plinth: a cut gem, a crown or an urn."""
    treasure = next((drawn for word, drawn in TREASURES.items() if word in tone.title), _gem)
    return "".join(
        (
            rays(draw, tone.light, 200),
            path("M96 400L120 338H308L332 400z", tone.deep),
            f'<ellipse cx="{MIDDLE}" cy="338" rx="112" ry="17" fill="{tone.dusk}"/>',
            treasure(draw, tone),
            stars(draw, "#fff", 16, 330),
        )
    )


def _gem(draw: Random, tone: Palette) -> str:
    sides, radius, y = draw.choice((6, 8, 10)), draw.randint(112, 128), 190
    inner = radius * draw.uniform(0.45, 0.6)
    turn = math.pi / sides if draw.random() < 0.5 else 0.0
    shades = (tone.light, tone.accent, tone.pale, tone.middle)

    def corner(step: float, reach: float) -> str:
        angle = step * 2 * math.pi / sides + turn
        return f"{MIDDLE + reach * math.sin(angle):.0f} {y - reach * math.cos(angle):.0f}"

    parts = []
    for side in range(sides):
        a, b = corner(side, radius), corner(side + 1, radius)
        c, d = corner(side + 0.5, inner), corner(side - 0.5, inner)
        parts.append(path(f"M{a}L{b}L{c}z", shades[side % 4]))
        parts.append(path(f"M{a}L{c}L{d}z", shades[(side + draw.choice((1, 2))) % 4]))
    table = "L".join(corner(side + 0.5, inner) for side in range(sides))
    return (
        "".join(parts)
        + path(f"M{table}z", tone.pale)
        + path(f"M{table}z", tone.accent, ' opacity=".3"')
    )


def _crown(draw: Random, tone: Palette) -> str:
    points = draw.choice((3, 5, 7))
    step = 220 / (points - 1)
    spikes, jewels = "M104 300", ""
    for point in range(points):
        x, y = (
            104 + point * step,
            draw.randint(110, 126) if point % 2 else draw.randint(136, 160),
        )
        spikes += f"L{x:.0f} {y}" + (f"L{x + step / 2:.0f} 222" if point < points - 1 else "")
        jewels += circle(x, y - 4, 13, tone.accent)
    return "".join(
        (
            path(spikes + "L324 300z", tone.pale),
            jewels,
            f'<rect x="98" y="272" width="232" height="54" rx="10" fill="{tone.light}"/>',
            line(
                "M124 299H304",
                tone.accent,
                22,
                f' stroke-dasharray="1 {draw.choice((35, 44, 59))}"',
            ),
            line("M100 274H328M100 324H328", tone.deep, 4, ' opacity=".5"'),
        )
    )


def _urn(draw: Random, tone: Palette) -> str:
    belly, neck = draw.randint(96, 122), draw.randint(28, 40)
    right = (
        f"C{MIDDLE + neck} 130 {MIDDLE + belly} 150 {MIDDLE + belly} 210S{MIDDLE + 50} 300 "
        f"{MIDDLE + 44} 334"
    )
    left = f"C{MIDDLE - 50} 300 {MIDDLE - belly} 270 {MIDDLE - belly} 210"
    left += f"S{MIDDLE - neck} 130 {MIDDLE - neck - 16} 76"
    handle = (
        f"M{MIDDLE - neck} 100C{MIDDLE - belly - 30} 90 {MIDDLE - belly - 20} 160 "
        f"{MIDDLE - belly + 8} 184"
    )
    return "".join(
        (
            line(handle, tone.light, 13),
            line(handle, tone.light, 13, f' transform="matrix(-1 0 0 1 {WIDTH} 0)"'),
            path(f"M{MIDDLE + neck + 16} 76{right}H{MIDDLE - 44}{left}z", tone.accent),
            f'<ellipse cx="{MIDDLE}" cy="76" rx="{neck + 16}" ry="11" fill="{tone.pale}"/>',
            line(
                f"M{MIDDLE - belly + 4} 214H{MIDDLE + belly - 4}",
                tone.deep,
                30,
                ' opacity=".75"',
            ),
            line(
                f"M{MIDDLE - belly + 10} 214" + "l9 -10l9 20l9 -10" * ((2 * belly - 20) // 27),
                tone.pale,
                4,
            ),
            line(
                f"M{MIDDLE - 60} 280H{MIDDLE + 60}M{MIDDLE - neck - 6} 128H{MIDDLE + neck + 6}",
                tone.pale,
                5,
            ),
        )
    )


# The kind of relic by a word in its name; otherwise a gem.
TREASURES = {
    **dict.fromkeys(("Crown", "Coronet", "Diadem", "Circlet"), _crown),
    **dict.fromkeys(("Urn", "Chalice", "Vessel", "Jar", "Ampulla", "Reliquary"), _urn),
}
