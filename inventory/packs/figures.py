"""Figures of packs: value, stock, latest pulls."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from django.db import connection, transaction
from django.db.models import Exists, OuterRef

from config.foundation import clock
from inventory.models import Card, Item, Pack, PackActivity, Tier
from inventory.models.catalogue import identity
from partners.models import Environment

STOCK = Path(__file__).with_name("stock.sql").read_text(encoding="utf-8")
IN_STOCK = Path(__file__).with_name("in_stock.sql").read_text(encoding="utf-8")
CHASE = Path(__file__).with_name("chase.sql").read_text(encoding="utf-8")
SOLD = """
UPDATE inventory_tier kept SET sold = counted.sold FROM (
    SELECT tier.id, count(item.id) AS sold
      FROM inventory_tier tier
      LEFT JOIN inventory_item item ON item.pack_id = tier.pack_id AND item.mode = 'live'
      AND item.state = 'sold'
            AND item.fmv >= tier.lower AND item.fmv < tier.upper
     GROUP BY tier.id) counted
 WHERE kept.id = counted.id
"""
# Cards of each pack that the list of packs checks, so that its work is bounded.
MOST_CHEAPEST, MOST_VALUABLE = 200, 300


class Chased(NamedTuple):
    """As much of a card as a chase shows: a thousand of them are listed at a time, so no model is
    made of each.
    """

    pack_id: int
    pk: int
    source_type: str
    listing_id: str | None
    mint_address: str | None
    name: str
    image: str
    back_image: str | None
    fmv: Decimal

    def identity(self, *, live: bool) -> tuple[str, str | None]:
        """``(id, mint_address)`` as an environment shows them."""
        return identity(self.source_type, self.listing_id, self.mint_address, live=live)


# Seconds for which a process keeps what it found of a pack; packs of pools that are kept.
KEPT, MOST_KEPT = 10.0, 10_000
_HAD_ANY: dict[tuple[int | None, int], tuple[float, bool]] = {}
_CHASES: dict[tuple[int, ...], tuple[float, dict[int, list[Chased]]]] = {}
MOST_CHASES = 10  # lists of packs; there is one for each platform that is asked for


def refresh_values(*, pack: Pack | None = None, now: datetime | None = None) -> int:
    """Update ``ev``, ``min_ev`` and ``max_ev`` (USD) and the tiers' stock of every pack, or of one.

    Returns how many packs. The calculation is in ``stock.sql``. Repeatable, also in parallel.
    """
    asked = {"pack": None if pack is None else pack.pk, "now": now or clock.now()}
    with transaction.atomic(), connection.cursor() as cursor:
        # The same lock order as in changes of tiers: the pack first.
        cursor.execute(
            "SELECT FROM inventory_pack WHERE id = coalesce(%(pack)s, id)"
            " ORDER BY id FOR NO KEY UPDATE",
            asked,
        )
        cursor.execute(STOCK, asked)
        return int(cursor.rowcount)


def count_sold() -> int:
    """Update every tier's number of live pulls that were sold back; returns how many tiers."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT FROM inventory_pack ORDER BY id FOR NO KEY UPDATE")
        cursor.execute(SOLD)
        return int(cursor.rowcount)


# All pools in one statement, each by its own clock. A pull during the count is in the next one.
# The clock is read once, in a CTE: in a subquery a plan may read it for each row of a join, which
# once gave one pack two rows.
COUNT_PULLS = """
WITH clock AS MATERIALIZED (
    SELECT coalesce(%(now)s::timestamptz, clock_timestamp()) AS now
), sandbox AS MATERIALIZED (
    SELECT id, clock.now + clock_offset AS now
      FROM partners_environment, clock
     WHERE mode = 'sandbox' AND retired_at IS NULL
)
INSERT INTO inventory_packactivity (pack_id, environment_id, pulls_7d, last_pull, counted_at)
SELECT pack.id, NULL::bigint,
       (SELECT count(*) FROM inventory_item item
         WHERE item.pack_id = pack.id AND item.mode = 'live'
         AND item.purchased_at > clock.now - interval '7 days'),
       (SELECT max(purchased_at) FROM inventory_item item WHERE item.pack_id = pack.id
       AND item.mode = 'live'),
       clock.now
  FROM inventory_pack pack, clock
UNION ALL
SELECT item.pack_id, item.environment_id,
       count(*) FILTER (WHERE item.purchased_at > sandbox.now - interval '7 days'),
       max(item.purchased_at), sandbox.now
  FROM sandbox JOIN inventory_item item ON item.environment_id = sandbox.id
 GROUP BY item.pack_id, item.environment_id, sandbox.now
 ORDER BY 1, 2
    ON CONFLICT (pack_id, environment_id) DO UPDATE
   SET pulls_7d = excluded.pulls_7d, last_pull = excluded.last_pull,
   counted_at = excluded.counted_at
"""


def count_pulls(*, now: datetime | None = None) -> int:
    """Update each pack's pulls of the last 7 days and its latest pull, in every pool.

    Returns how many rows. ``now`` is real time (UTC), by default the database's clock. Repeatable,
    also in parallel.
    """
    with connection.cursor() as cursor:
        cursor.execute(COUNT_PULLS, {"now": now})
        return int(cursor.rowcount)


def activity(environment: Environment) -> dict[int, PackActivity]:
    """Each pack's stored figures in the environment's pool, by pack id; only packs with pulls."""
    kept = PackActivity.objects.filter(environment=None if environment.is_live else environment)
    return {row.pack_id: row for row in kept}


def in_stock(environment: Environment) -> set[int]:
    """Ids of the packs with at least one available card in the environment's pool.

    One query checks the cheapest cards of each pack. If they are all held, the whole pack is
    checked, and the result is cached for ``KEPT`` seconds, because that takes time in proportion to
    the pack's size.
    """
    with connection.cursor() as cursor:
        cursor.execute(*_in_pool(IN_STOCK, environment, most=MOST_CHEAPEST))
        found = dict(cursor.fetchall())
    return {
        pack
        for pack, available in found.items()
        if available or (available is None and _has_any(environment, pack))
    }


def _has_any(environment: Environment, pack: int) -> bool:
    """Whether the pack has an available card, from the cache if it is recent."""
    place = (None if environment.is_live else environment.pk, pack)
    kept = _HAD_ANY.get(place)
    if kept is None or kept[0] < time.monotonic():
        tier = Tier.objects.filter(
            pack_id=OuterRef("pack_id"), lower__lte=OuterRef("fmv"), upper__gt=OuterRef("fmv")
        )
        cards = Card.objects.available(environment).filter(Exists(tier), pack=pack)
        if len(_HAD_ANY) >= MOST_KEPT:
            _HAD_ANY.clear()
        kept = _HAD_ANY[place] = (time.monotonic() + KEPT, cards.exists())
    return kept[1]


def chase_by_pack(environment: Environment, pack: Pack | None = None) -> dict[int, list[Chased]]:
    """Each pack's most valuable available cards, highest fmv first, at most 20; or one pack's.

    Only the 300 most valuable cards of a pack are searched.
    """
    asked = _in_pool(CHASE, environment, pack=None if pack is None else pack.pk, most=MOST_VALUABLE)
    best: dict[int, list[Chased]] = {}
    with connection.cursor() as cursor:
        cursor.execute(*asked)
        for row in cursor.fetchall():
            best.setdefault(row[0], []).append(Chased(*row))
    return best


def chases_on_sale(environment: Environment, packs: Sequence[Pack]) -> dict[int, list[Chased]]:
    """``chase_by_pack`` for the list of packs on sale.

    All partners share the live pool, so a process keeps what it found there for ``KEPT`` seconds.
    """
    if not environment.is_live:
        return chase_by_pack(environment)
    listed = tuple(pack.pk for pack in packs)
    kept = _CHASES.get(listed)
    if kept is None or kept[0] < time.monotonic():
        if len(_CHASES) >= MOST_CHASES:
            _CHASES.clear()
        kept = _CHASES[listed] = (time.monotonic() + KEPT, chase_by_pack(environment))
    return kept[1]


def _in_pool(
    statement: str, environment: Environment, **parameters: int | None
) -> tuple[str, dict[str, int | None]]:
    """A statement for the environment's pool, and its parameters."""
    pool = "item.mode = 'live'" if environment.is_live else "item.environment_id = %(environment)s"
    return statement.replace("{pool}", pool), {"environment": environment.pk, **parameters}


def recent_pulls(environment: Environment, *, claw_ids: list[str], limit: int) -> list[Item]:
    """The newest pulls of the environment's pool, optionally of the named packs."""
    pulls = Item.objects.in_pool_of(environment).select_related("card", "pack")
    if claw_ids:
        pulls = pulls.filter(pack__public_id__in=claw_ids)
    return list(pulls.order_by("-purchased_at", "-id")[:limit])
