"""The plan of the demo's month: who buys what and when, and how long each pull is held.

Equal seeds give equal plans. The cards themselves are drawn by the production random generator when
the plan is run.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from buyback.demo.packs import PACKS, PackPlan
from inventory.models.catalogue import SANDBOX_WINDOW
from partners.models import Mode


@dataclass(frozen=True)
class PartnerPlan:
    """An invented company; `live` and `sandbox` are its shares of the demo's users."""

    name: str
    slug: str
    live: float
    sandbox: float


PARTNERS = (
    PartnerPlan("Northlight Collectibles", "northlight", 0.45, 0.13),
    PartnerPlan("Finch & Harbour", "finch-harbour", 0.32, 0.10),
)
FIRST = (
    "amber|brisk|clever|dusty|eager|fabled|gentle|hidden|ivory|"
    "jolly|keen|lunar|mellow|nimble|opal|plucky|quiet|rusty"
)
SECOND = (
    "otter|heron|lynx|badger|falcon|marmot|raven|stoat|tern|"
    "vole|wren|ibex|gecko|finch|hare|moth|newt|seal"
)
# How often each pack is bought, in the packs' order: cheap packs more often.
APPETITE = (36, 26, 16, 11, 7, 4)
# Minutes until some windows close when the demo is made; negative: they have closed.
CLOSING = tuple(
    timedelta(minutes=minutes)
    for minutes in (-1500, -70, 12, 25, 50, 95, 180, 320, 540, 800, 1150, 1380)
)
KEPT_WITHOUT_WINDOW = timedelta(days=10)


@dataclass(frozen=True)
class Visit:
    """One purchase. `keeps`: how long each pull is held before its sellback; None: still held."""

    at: datetime
    partner: str
    mode: Mode
    user_id: str
    pack: PackPlan
    keeps: tuple[timedelta | None, ...]
    voucher: bool = False


def visits(*, seed: int, users: int, days: int, now: datetime) -> list[Visit]:
    """The demo's purchases, oldest first: `users` users over the `days` days before `now` (UTC)."""
    draw = Random(seed)  # noqa: S311 - an invented story, not a secret
    found: list[Visit] = []
    for partner in PARTNERS:
        for mode, share in ((Mode.LIVE, partner.live), (Mode.SANDBOX, partner.sandbox)):
            names = _user_ids(draw, max(1, round(users * share)))
            for user_id in names:
                found += _regular(draw, (partner.slug, mode, user_id), days, now)
            found += _closing_soon(draw, (partner.slug, mode), names, now)
    return sorted(found, key=lambda visit: (visit.at, visit.partner, visit.user_id))


def _user_ids(draw: Random, count: int) -> list[str]:
    pairs = [f"{first}-{second}" for first in FIRST.split("|") for second in SECOND.split("|")]
    draw.shuffle(pairs)
    return [
        f"{pairs[number % len(pairs)]}-{draw.randrange(10, 100)}{number // len(pairs) or ''}"
        for number in range(count)
    ]


def _regular(draw: Random, who: tuple[str, Mode, str], days: int, now: datetime) -> Iterator[Visit]:
    """A user's own visits: mostly few; one user in twelve has many, one sells everything."""
    temper = draw.random()
    often = draw.randint(6, 11) if temper < 0.08 else draw.randint(1, 4)
    sells = 1.0 if temper > 0.92 else draw.uniform(0.2, 0.7)
    for _ in range(often):
        # The square makes later visits more frequent, as in a growing business.
        at = now - timedelta(days=days) * (1 - draw.random() ** 0.7) - timedelta(minutes=2)
        pack = draw.choices(PACKS, APPETITE)[0]
        pulls = min(pack.max_per_mint, draw.choices((1, 2, 3, 5), (50, 28, 14, 8))[0])
        keeps = tuple(
            _keeps(draw, pack, who[1]) if draw.random() < sells else None for _ in range(pulls)
        )
        yield Visit(at, *who, pack, keeps, voucher=draw.random() < 0.08)


def _closing_soon(
    draw: Random, where: tuple[str, Mode], names: list[str], now: datetime
) -> Iterator[Visit]:
    """Visits whose windows close today or just closed, and two pulls without a deadline."""
    for left in CLOSING:
        pack = draw.choice([pack for pack in PACKS if pack.buyback_window])
        window = _window(pack, where[1])
        yield Visit(
            now - window + left, *where, draw.choice(names), pack, (None,) * draw.randint(1, 2)
        )
    lasting = next(pack for pack in PACKS if pack.buyback_window is None)
    yield Visit(now - timedelta(hours=26), *where, draw.choice(names), lasting, (None, None))


def _keeps(draw: Random, pack: PackPlan, mode: Mode) -> timedelta:
    """Most sellbacks happen within the hour; a few on the window's last day."""
    return timedelta(minutes=1) + (_window(pack, mode) - timedelta(minutes=5)) * draw.random() ** 4


def _window(pack: PackPlan, mode: Mode) -> timedelta:
    """The window of a pull; without one, how long a user waits before selling back."""
    return SANDBOX_WINDOW if mode == Mode.SANDBOX else pack.buyback_window or KEPT_WITHOUT_WINDOW
