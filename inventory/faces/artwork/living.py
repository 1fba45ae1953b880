"""Pictures of creatures, athletes and flowers."""

from random import Random

from inventory.faces.artwork.drawing import (
    MIDDLE,
    WIDTH,
    Palette,
    circle,
    hills,
    line,
    path,
    rays,
    stars,
)


def creature(draw: Random, tone: Palette) -> str:
    """An animal, seen from the front, among hills."""
    head, body = draw.randint(62, 78), draw.randint(78, 100)
    coat, trim = draw.choice(
        ((tone.light, tone.accent), (tone.accent, tone.pale), (tone.pale, tone.accent))
    )
    moon = circle(
        draw.randint(90, 340),
        draw.randint(70, 110),
        draw.randint(46, 70),
        tone.pale,
        ' opacity=".35"',
    )
    wings = (
        f"M{MIDDLE - 50} 250C{MIDDLE - 130} {draw.randint(110, 150)} {MIDDLE - 190} 190 "
        f"{MIDDLE - 180} 300z"
    )
    flies = "wing" in tone.title or draw.random() < 0.3
    return "".join(
        (
            moon,
            stars(draw, tone.pale, 16),
            hills(draw, (tone.dusk, tone.deep)),
            _mirrored(wings, trim, ' opacity=".85"') if flies else "",
            (
                f'<ellipse cx="{MIDDLE}" cy="385" rx="{body + 30}" ry="14" fill="{tone.deep}" '
                'opacity=".6"/>'
            ),
            f'<ellipse cx="{MIDDLE}" cy="290" rx="{body}" ry="98" fill="{coat}"/>',
            (
                f'<ellipse cx="{MIDDLE}" cy="310" rx="{body * 0.6:.0f}" ry="70" fill="{trim}" '
                'opacity=".55"/>'
            ),
            _mirrored(_ear(draw), trim),
            f'<ellipse cx="{MIDDLE}" cy="180" rx="{head + 12}" ry="{head}" fill="{coat}"/>',
            *(circle(MIDDLE + side * body * 0.45, 378, 20, trim) for side in (-1, 1)),
            _muzzle(draw, tone),
        )
    )


def _mirrored(data: str, fill: str, extra: str = "") -> str:
    return path(data, fill, extra) + path(
        data, fill, f'{extra} transform="matrix(-1 0 0 1 {WIDTH} 0)"'
    )


def _ear(draw: Random) -> str:
    pointed = f"M{MIDDLE - 20} 130L{MIDDLE - 70} {draw.randint(40, 70)}L{MIDDLE - 66} 160z"
    upright = (
        f"M{MIDDLE - 30} 140C{MIDDLE - 50} 20 {MIDDLE - 90} {draw.randint(10, 40)} "
        f"{MIDDLE - 62} "
        "156z"
    )
    horn = (
        f"M{MIDDLE - 30} 130C{MIDDLE - 60} 60 {MIDDLE - 110} 60 {MIDDLE - 120} "
        f"{draw.randint(30, 60)}"
    )
    horn += f"C{MIDDLE - 110} 120 {MIDDLE - 80} 140 {MIDDLE - 56} 160z"
    return draw.choice((pointed, horn, upright))


def _muzzle(draw: Random, tone: Palette) -> str:
    eye, gap, glance = draw.randint(12, 18), draw.randint(24, 34), draw.choice((-2, 0, 2))
    eyes = "".join(
        circle(x, 176, eye, "#fff")
        + circle(x + glance, 178, eye * 0.6, tone.deep)
        + circle(x + 3, 173, 3, "#fff")
        for x in (MIDDLE - gap, MIDDLE + gap)
    )
    spots = "".join(
        f"M{MIDDLE + draw.randint(-34, 34)} {draw.randint(118, 142)}h0" for _ in range(5)
    )
    smile = line(f"M{MIDDLE - 14} 212q14 {draw.choice((8, 14, 18))} 28 0", tone.deep, 5)
    return eyes + smile + line(spots, tone.dusk, draw.choice((5, 7, 9)), ' opacity=".6"')


def athlete(draw: Random, tone: Palette) -> str:
    """A team shirt with a number, under floodlights."""
    shirt = "M150 70L90 100L52 190L112 212L120 180V372H308V180L316 212L376 190L338 100L278 70"
    shirt += "C262 104 166 104 150 70z"
    main, trim = draw.choice(
        ((tone.pale, tone.middle), (tone.accent, tone.pale), (tone.light, tone.deep))
    )
    pattern = draw.choice(
        (
            "M120 250H308V284H120zM120 300H308V312H120z",
            "M120 330L308 190V232L120 372z",
            "M138 90h22V372h-22zM268 90h22V372h-22z",
            "M120 372V330L214 280L308 330V372z",
        )
    )
    number = draw.randint(1, 99)
    return "".join(
        (
            rays(draw, tone.light, 190),
            f'<ellipse cx="{MIDDLE}" cy="386" rx="150" ry="12" fill="{tone.deep}" opacity=".6"/>',
            path(shirt, main),
            path(pattern, trim, ' opacity=".75"'),
            path("M90 100L52 190L112 212L120 180L112 120z", trim),
            path("M338 100L376 190L316 212L308 180L316 120z", trim),
            line("M150 70C166 104 262 104 278 70", tone.deep, 9),
            line(shirt, tone.deep, 3, ' stroke-linejoin="round" opacity=".5"'),
            (
                f'<text x="{MIDDLE}" y="252" text-anchor="middle" font-family="Impact, Arial '
                'Black" '
                f'font-weight="900" font-size="128" fill="{tone.deep}" stroke="#fff" '
                'stroke-width="7" '
                f'paint-order="stroke">{number}</text>'
            ),
            stars(draw, "#fff", 14, 380),
        )
    )


def flower(draw: Random, tone: Palette) -> str:
    """A flower with rotated petals on a stem."""
    y, petals = draw.randint(150, 172), draw.choice((6, 8, 9, 10))
    lean = draw.randint(-40, 40)
    leaves = _leaf(-1, draw.randint(340, 370), 50, tone.light) + _leaf(
        1, draw.randint(300, 350), 60, tone.middle
    )
    rings = []
    for length, width, fill, turn in (
        (draw.randint(112, 130), draw.randint(24, 40), tone.accent, 0.0),
        (draw.randint(80, 98), draw.randint(20, 32), tone.pale, 0.5),
        (draw.randint(46, 60), draw.randint(12, 20), tone.light, 0.0),
    ):
        near, far = f"{length * 0.4:.0f}", f"{length * 0.8:.0f}"
        petal = (
            f"M0 0C{width} -{near} {width} -{far} 0 -{length}C-{width} -{far} -{width} -{near} 0 0z"
        )
        name = f"{tone.prefix}p{length}"
        rings.append(f'<defs><path id="{name}" d="{petal}"/></defs><g fill="{fill}" opacity=".88">')
        rings += [
            f'<use href="#{name}" transform="rotate({(n + turn) * 360 / petals:.0f})"/>'
            for n in range(petals)
        ]
        rings.append("</g>")
    return "".join(
        (
            circle(MIDDLE, y, 150, tone.pale, ' opacity=".12"'),
            stars(draw, tone.pale, 18, 380),
            line(f"M{MIDDLE} {y}Q{MIDDLE + lean} 280 {MIDDLE} 400", tone.light, 9),
            leaves,
            f'<g transform="translate({MIDDLE} {y})">{"".join(rings)}',
            circle(0, 0, draw.randint(16, 24), tone.deep)
            + line("M-7 -5h0M7 -5h0M0 7h0M0 -10h0", tone.accent, 5),
            "</g>",
        )
    )


def _leaf(side: int, y: int, rise: int, fill: str) -> str:
    out = f"q{side * 60} -{rise} {side * 110} -{rise // 2}"
    return path(f"M{MIDDLE} {y}{out}q{-side * 40} {rise} {-side * 110} {rise // 2}z", fill)
