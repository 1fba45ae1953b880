"""Card pictures: SVG from a card's name and attributes, for cards without a picture of their own.

A picture is 500 × 700 units (5:7). It has presentation attributes only (no style, script, font or
link), so it works under a strict content security policy. Equal names and attributes give equal
bytes. A graded card is shown in its slab, with grader, grade and certificate on the label.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from xml.sax.saxutils import escape

from inventory.faces.artwork import ARTWORKS, HUES, Palette

SERIF = 'font-family="Georgia, DejaVu Serif, serif"'
SANS = 'font-family="Helvetica, Arial, DejaVu Sans, sans-serif"'  # on the root element only

LONGEST = 500  # characters read of a name or value; a line shows 48 of them
WRITTEN = {"series": "set"}  # other names of an attribute
# The frame's metal by rarity: three stops of a diagonal gradient, and the number of pips.
FRAMES: Mapping[str, tuple[str, str, str, int]] = {
    "common": ("#d5dbe3", "#8a94a3", "#c3cad4", 1),
    "uncommon": ("#c9f2d6", "#3f9d68", "#a5e3bc", 2),
    "rare": ("#cfe4ff", "#3576d4", "#9cc6fb", 3),
    "epic": ("#ecd5ff", "#8a45d6", "#cda0f7", 4),
    "legendary": ("#fff1c2", "#c98a15", "#fbd56b", 5),
    "mythic": ("#ffe0ee", "#d33f72", "#ffc46b", 6),
}


@dataclass(frozen=True)
class Print:
    """The texts on one card."""

    name: str
    series: str
    number: str
    year: str
    variant: str
    rarity: str
    grade: str
    grader: str
    certificate: str
    category: str

    @classmethod
    def of(cls, name: str, attributes: Mapping[str, str]) -> "Print":
        folded = {key.strip().lower(): value for key, value in attributes.items()}
        words = {
            field: _clean(folded.get(WRITTEN.get(field, field), ""))
            for field in cls.__dataclass_fields__
        }
        return cls(**words | {"name": _clean(name) or "Untitled"})

    def seed(self) -> int:
        """Depends on the design only, so that all copies share a picture, whatever their grade."""
        return _digest(f"{self.series}|{self.name}|{self.number}|{self.variant}")


def face_svg(name: str, attributes: Mapping[str, str]) -> str:
    """The front of a card. Reads Set, Number, Year, Variant, Rarity, Grade, Grader, Certificate and
    Category; any of them may be missing, and any text is safe."""
    print_ = Print.of(name, attributes)
    card = _card(print_)
    if not print_.grade:
        return _document(card)
    return _document(
        _slab(print_) + f'<g transform="translate(54 126) scale(.784)">{card}</g>' + _SLAB_SHINE
    )


def back_svg() -> str:
    """The back that every card shares."""
    rosette = "".join(
        '<ellipse cx="250" cy="350" rx="58" ry="150" fill="none" stroke="#d9b45b" '
        'stroke-width="3" '
        f'opacity=".75" transform="rotate({turn} 250 350)"/>'
        for turn in range(0, 180, 20)
    )
    corners = "".join(
        (
            f'<path d="M0-20L6-6 20 0 6 6 0 20-6 6-20 0-6-6z" transform="translate({x} {y})" '
            'fill="#d9b45b"/>'
        )
        for x in (72, 428)
        for y in (72, 628)
    )
    return _document(
        '<defs><radialGradient id="b"><stop stop-color="#27407a"/><stop offset="1" '
        'stop-color="#0d1733"/>'
        '</radialGradient></defs><rect width="500" height="700" rx="28" fill="#0a1024"/>'
        '<rect x="14" y="14" width="472" height="672" rx="20" fill="#d9b45b"/>'
        '<rect x="20" y="20" width="460" height="660" rx="16" fill="url(#b)"/>'
        '<rect x="42" y="42" width="416" height="616" rx="10" fill="none" stroke="#d9b45b" '
        'stroke-width="2"/>'
        f"{rosette}{corners}"
        '<circle cx="250" cy="350" r="54" fill="#0d1733" stroke="#d9b45b" stroke-width="4"/>'
        '<path d="M250 308L264 336 292 350 264 364 250 392 236 364 208 350 236 336z" '
        'fill="#f4dc9a"/>'
    )


def _card(print_: Print) -> str:
    draw = Random(print_.seed())  # noqa: S311 - a picture, not a secret
    prefix = f"f{print_.seed() % 0xFFFFF:x}"
    tone = Palette.of(_hue(print_, draw), draw.choice((0.38, 0.5, 0.62)), prefix, print_.name)
    light, metal, shade, pips = FRAMES.get(print_.rarity.lower(), FRAMES["common"])
    artwork = (
        ARTWORKS.get(print_.category)
        or list(ARTWORKS.values())[_digest(print_.series) % len(ARTWORKS)]
    )
    return "".join(
        (
            (
                f'<defs><linearGradient id="{prefix}f" x2="1" y2="1"><stop stop-color="{light}"/>'
                f'<stop offset=".45" stop-color="{metal}"/><stop offset=".6" stop-color="{shade}"/>'
                f'<stop offset="1" stop-color="{metal}"/></linearGradient>'
                f'<linearGradient id="{prefix}s" x2="0" y2="1"><stop stop-color="{tone.deep}"/>'
                f'<stop offset=".55" stop-color="{tone.dusk}"/><stop offset="1" '
                f'stop-color="{tone.middle}"/>'
                "</linearGradient>"
                f'<clipPath id="{prefix}w"><rect width="428" height="428" '
                'rx="14"/></clipPath></defs>'
            ),
            f'<rect width="500" height="700" rx="28" fill="url(#{prefix}f)"/>',
            f'<rect x="18" y="18" width="464" height="664" rx="18" fill="{tone.deep}"/>',
            _heading(print_, light),
            (
                f'<g transform="translate(36 108)" clip-path="url(#{prefix}w)"><rect width="428" '
                'height="428" '
                f'fill="url(#{prefix}s)"/><g transform="translate(0 28)">{artwork(draw, tone)}</g>'
                f"{_finish(print_.variant, prefix)}</g>"
            ),
            (
                '<rect x="36" y="108" width="428" height="428" rx="14" fill="none" '
                f'stroke="url(#{prefix}f)" '
                'stroke-width="5"/>'
            ),
            _footing(print_, light, shade, pips),
        )
    )


def _heading(print_: Print, light: str) -> str:
    lines = _lines(print_.name, 24, 2)
    size, first = (34, 75) if len(lines) == 1 else (27, 57)
    if len(lines) == 1 and len(lines[0]) > 19:
        size = 29
    return "".join(
        _text(40, first + row * 31, line, (size, light), 420, extra=f'{SERIF} font-weight="700"')
        for row, line in enumerate(lines)
    )


def _footing(print_: Print, light: str, shade: str, pips: int) -> str:
    variant = print_.variant if print_.variant.lower() not in {"", "base"} else ""
    diamonds = "".join(f"M{452 - pip * 22} 640l8 11-8 11-8-11z" for pip in range(pips))
    fine = " · ".join(part for part in (print_.rarity, print_.category) if part)
    parts = [
        _text(40, 578, print_.series, (24, light), 300, extra=f'{SERIF} font-style="italic"'),
        _text(460, 578, print_.number, (22, "#fff"), 130, extra='text-anchor="end"'),
        _text(40, 614, print_.year, (20, "#fff"), 100, extra='opacity=".75"'),
        _text(40, 658, fine.upper(), (17, "#fff"), 250, extra='letter-spacing="2" opacity=".75"'),
        (
            f'<path d="M40 630H460" stroke="{light}" opacity=".3"/><path d="{diamonds}" '
            f'fill="{shade}"/>'
        ),
    ]
    if variant:
        wide = min(190, 34 + 11 * len(variant))
        parts.append(
            f'<rect x="{460 - wide}" y="592" width="{wide}" height="28" rx="14" fill="{shade}"/>'
        )
        parts.append(
            _text(
                460 - wide / 2,
                612,
                variant,
                (17, "#141824"),
                wide - 20,
                extra='font-weight="700" text-anchor="middle"',
            )
        )
    return "".join(parts)


def _finish(variant: str, prefix: str) -> str:
    """The shine of a special printing, above the picture."""
    kind = variant.lower()
    if "holo" in kind or "prism" in kind:
        stops = ("#ff6ad5", "#ffd36a", "#6affb0", "#6ac8ff", "#c86aff")
        opacity = ".2"
    elif "foil" in kind or "gold" in kind:
        stops, opacity = ("#fff", "#ffd97a", "#fff8e0", "#e0a93a", "#fff"), ".22"
    elif "shadow" in kind or "night" in kind:
        return '<rect width="428" height="428" fill="#050816" opacity=".28"/>'
    else:
        return '<path d="M0 0H190L60 428H0z" fill="#fff" opacity=".06"/>'
    colours = "".join(
        f'<stop offset="{row / 4:g}" stop-color="{colour}"/>' for row, colour in enumerate(stops)
    )
    return (
        f'<linearGradient id="{prefix}h" x2="1" y2="1">{colours}</linearGradient>'
        f'<rect width="428" height="428" fill="url(#{prefix}h)" opacity="{opacity}"/>'
        '<path d="M250 0h70L130 428H60zM350 0h24L184 428h-24z" fill="#fff" opacity=".16"/>'
    )


def _slab(print_: Print) -> str:
    """The hard case around a graded card, and its label."""
    line = " ".join(part for part in (print_.year, print_.series) if part)
    certificate = f"Certificate {print_.certificate}" if print_.certificate else ""
    return "".join(
        (
            (
                '<rect width="500" height="700" rx="24" fill="#c9d2de"/>'
                '<rect x="3" y="3" width="494" height="694" rx="22" fill="#eef2f7"/>'
                '<rect x="16" y="16" width="468" height="668" rx="14" fill="#d8e0ea"/>'
                '<rect x="28" y="26" width="444" height="86" rx="8" fill="#fbfaf5"/>'
                '<rect x="28" y="26" width="444" height="8" rx="4" fill="#1f3a68"/>'
            ),
            _text(
                44,
                60,
                print_.grader or "Graded",
                (21, "#1f3a68"),
                300,
                extra='font-weight="700"',
            ),
            _text(44, 82, line, (17, "#3a4558"), 310),
            _text(44, 102, certificate, (15, "#6a7486"), 300, extra='letter-spacing="1"'),
            '<rect x="374" y="42" width="84" height="62" rx="8" fill="#1f3a68"/>',
            _text(
                416,
                88,
                print_.grade,
                (42, "#fff"),
                74,
                extra='font-weight="700" text-anchor="middle"',
            ),
            '<rect x="46" y="118" width="408" height="564" rx="26" fill="#aab6c6"/>',
        )
    )


_SLAB_SHINE = '<path d="M16 420V250L330 16H484z" fill="#fff" opacity=".08"/>'


def _document(content: str) -> str:
    size = 'viewBox="0 0 500 700" width="500" height="700"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} {SANS}>{content}</svg>'


def _text(
    x: float, y: float, words: str, pen: tuple[int, str], room: int, *, extra: str = ""
) -> str:
    """One line of text, squeezed if it may be wider than `room` (0.6 em a letter)."""
    if not words:
        return ""
    size, fill = pen
    words = words if len(words) <= 48 else words[:47] + "…"
    squeeze = (
        f' textLength="{room}" lengthAdjust="spacingAndGlyphs"'
        if len(words) * size * 0.6 > room
        else ""
    )
    place = f'x="{x:g}" y="{y:g}" font-size="{size}" fill="{fill}"'
    return f"<text {place}{squeeze}{extra and ' ' + extra}>{escape(words)}</text>"


def _lines(words: str, width: int, most: int) -> list[str]:
    lines = [""]
    for word in words.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > width and len(lines) < most:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def _clean(words: str) -> str:
    """Valid XML characters, single spaces, cut to the longest text that is drawn."""
    return " ".join(
        "".join(letter if letter.isprintable() else " " for letter in words[:LONGEST]).split()
    )


def _hue(print_: Print, draw: Random) -> float:
    """A set has one colour; each card of it varies a little."""
    own = (_digest(print_.series) % 360) / 360
    base = HUES[print_.category] + (own - 0.5) * 0.16 if print_.category in HUES else own
    return base + draw.uniform(-0.06, 0.06)


def _digest(words: str) -> int:
    return int.from_bytes(hashlib.sha256(words.encode()).digest()[:8])
