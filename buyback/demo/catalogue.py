"""The demo's catalogue: card designs and physical cards from a seed, as rows for `import_cards`.

A design is a set, a number and a printing, with a rarity and a price drawn log-normally around the
rarity's median. A physical card is one copy of a design. Its grade changes the price; certificate
and listing make it unique. Equal arguments give equal rows, byte for byte.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random

from buyback.demo.names import SERIES, Series
from buyback.demo.packs import PACKS, PackPlan, TierPlan
from config.foundation.money import round_usd

BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

# Rarity: share of the designs, median price in USD, spread (standard deviation of the price's
# logarithm).
RARITIES: tuple[tuple[str, float, float, float], ...] = (
    ("Common", 0.34, 5.0, 0.55),
    ("Uncommon", 0.25, 16.0, 0.50),
    ("Rare", 0.19, 50.0, 0.50),
    ("Epic", 0.13, 180.0, 0.55),
    ("Legendary", 0.06, 800.0, 0.60),
    ("Mythic", 0.03, 4500.0, 0.65),
)
VARIANTS: tuple[tuple[str, int], ...] = (
    ("Base", 55),
    ("Foil", 16),
    ("Holo", 12),
    ("Shadow", 9),
    ("First Print", 8),
)
# Grade: frequency, and factor for the design's price. The empty grade is an ungraded card.
GRADES: tuple[tuple[str, int, float], ...] = (
    ("10", 8, 2.1),
    ("9.5", 16, 1.45),
    ("9", 24, 1.1),
    ("8.5", 16, 0.9),
    ("8", 10, 0.75),
    ("7", 6, 0.6),
    ("", 20, 0.8),
)
GRADERS = ("Northgate Grading", "Plumbline Assay", "Quillmark")
LISTED_FROM: tuple[tuple[str, int], ...] = (
    ("ebay", 58),
    ("fanatics", 16),
    ("alt", 14),
    ("external", 12),
)
# How a pack's cards spread over its tiers: expensive tiers have more stock than their odds need.
STOCK = (0.44, 0.31, 0.15, 0.07, 0.03)

Row = dict[str, object]


@dataclass
class Design:
    """One design and its price level; `copies` counts its physical cards so far."""

    series: Series
    number: str
    name: str
    rarity: str
    variant: str
    price: float
    copies: int = field(default=0, compare=False)


def generate(seed: int = 2026, cards: int = 5000, designs: int = 640) -> Iterator[Row]:
    """Yield `cards` rows of `designs` designs. `fmv` is USD as text; `priced_at` is left out."""
    draw = Random(seed)  # noqa: S311 - an invented catalogue, not a secret
    drawn = make_designs(draw, designs)
    shelves = {
        pack.slug: sorted(
            (d for d in drawn if d.series.category in pack.categories),
            key=lambda design: design.price,
        )
        for pack in PACKS
    }
    serial = 0
    for pack, count in zip(PACKS, _split(cards, [pack.share for pack in PACKS]), strict=True):
        for tier, stock in zip(pack.tiers, _split(count, STOCK), strict=True):
            for _ in range(stock):
                serial += 1
                yield _row(draw, (seed, serial), pack, tier, shelves[pack.slug])


def make_designs(draw: Random, count: int) -> list[Design]:
    """`count` designs, spread evenly over the sets."""
    made = []
    for series, size in zip(SERIES, _split(count, [1.0] * len(SERIES)), strict=True):
        names = series.names(draw)
        for number in range(1, size + 1):
            rarity, _, median, spread = draw.choices(
                RARITIES, [share for _, share, _, _ in RARITIES]
            )[0]
            made.append(
                Design(
                    series=series,
                    number=f"{number:03d}/{size:03d}",
                    name=next(names),
                    rarity=rarity,
                    variant=_weighted(draw, VARIANTS) if rarity != "Mythic" else "Gold Leaf",
                    price=math.exp(draw.gauss(math.log(median), spread)),
                )
            )
    return made


def _row(
    draw: Random, ticket: tuple[int, int], pack: PackPlan, tier: TierPlan, shelf: Sequence[Design]
) -> Row:
    seed, serial = ticket
    grade, _, factor = draw.choices(GRADES, [weight for _, weight, _ in GRADES])[0]
    design = _pick(draw, shelf, _within(draw, tier) / factor)
    value = round_usd(Decimal(design.price * factor * math.exp(draw.gauss(0.0, 0.06))))
    if not tier.lower <= value < tier.upper:
        value = round_usd(Decimal(_within(draw, tier)))
    source = "enft" if pack.type == "CORE" else _weighted(draw, LISTED_FROM)
    listing = _listing(draw, source, serial)
    identity = listing or str(serial)
    return {
        "source_type": source,
        "listing_id": listing,
        "mint_address": _address(f"{seed}/mint/{identity}") if source == "enft" else "",
        "collection_address": _address(f"{seed}/{design.series.name}") if source == "enft" else "",
        "token_standard": "ProgrammableNonFungible" if source == "enft" else "",
        "name": design.name,
        "image": "",
        "back_image": "/faces/back.svg",
        "attributes": _attributes(draw, design, grade, serial),
        "fmv": str(value),
        "priced_at": "",
        "pack": pack.slug,
    }


def _attributes(draw: Random, design: Design, grade: str, serial: int) -> dict[str, str]:
    written = {
        "Set": design.series.name,
        "Category": design.series.category,
        "Number": design.number,
        "Year": str(design.series.year),
        "Variant": design.variant,
        "Rarity": design.rarity,
    }
    if grade:
        # Two random digits after the serial make certificates unique and not obviously sequential.
        certificate = f"{40_000_000 + serial * 97 + draw.randrange(97)}"
        written |= {
            "Grade": grade,
            "Grader": draw.choice(GRADERS),
            "Certificate": certificate,
        }
    return written


def _pick(draw: Random, shelf: Sequence[Design], price: float) -> Design:
    """Of the sixteen designs nearest to a price, one with the fewest copies, so all are used."""
    near = sorted(shelf, key=lambda design: abs(math.log(design.price / price)))[:16]
    fewest = min(design.copies for design in near)
    design = draw.choice([candidate for candidate in near if candidate.copies == fewest])
    design.copies += 1
    return design


def _within(draw: Random, tier: TierPlan) -> float:
    """A value inside a tier, log-normal near its lower end."""
    low, high = math.log(float(tier.lower)), math.log(float(tier.upper) - 0.01)
    while True:
        value = draw.gauss(low + (high - low) * 0.4, (high - low) * 0.3)
        if low <= value < high:
            return math.exp(value)


def _listing(draw: Random, source: str, serial: int) -> str:
    """The card's id at its source, in the source's format; empty for a minted card."""
    if source == "ebay":
        return f"v1|{110_000_000_000 + serial * 7_919 + draw.randrange(7_919)}|0"
    if source == "fanatics":
        return f"fc-{_digest(f'fanatics/{serial}').hex()[:12]}"
    if source == "alt":
        digits = _digest(f"alt/{serial}").hex()
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-9{digits[17:20]}-{digits[20:32]}"
    return f"ext-{serial:06d}" if source == "external" else ""


def _address(words: str) -> str:
    """An address of 43 or 44 base58 letters, like 32 bytes on a chain of this kind."""
    number, letters = int.from_bytes(b"\x80" + _digest(words)[1:]), ""
    while number:
        number, rest = divmod(number, 58)
        letters = BASE58[rest] + letters
    return letters


def _digest(words: str) -> bytes:
    return hashlib.sha256(words.encode()).digest()


def _weighted(draw: Random, choices: Sequence[tuple[str, int]]) -> str:
    return draw.choices([name for name, _ in choices], [weight for _, weight in choices])[0]


def _split(total: int, shares: Sequence[float]) -> list[int]:
    """`total` split into whole parts by `shares`; remainders go to the largest fractions."""
    exact = [total * share / sum(shares) for share in shares]
    parts = [math.floor(part) for part in exact]
    behind = sorted(range(len(parts)), key=lambda place: (parts[place] - exact[place], place))
    for place in behind[: total - sum(parts)]:
        parts[place] += 1
    return parts
