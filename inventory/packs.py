"""What packs show about themselves: their value, their stock, their latest pulls."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from django.db import connection, transaction
from django.db.models import Avg, Count, Exists, F, Max, Min, OuterRef, Window
from django.db.models.functions import RowNumber

from config import clock
from config.money import round_usd
from inventory.models import Card, Item, Pack, PackActivity, Tier
from partners.models import Environment

CHASE = 20  # the most valuable cards a pack shows (contract, section 5)


class TierValue(NamedTuple):
    """A tier's cards in figures: how many, and their mean, lowest and highest fmv in USD."""

    cards: int
    mean: Decimal | None
    low: Decimal | None
    high: Decimal | None


def tier_value(tier: Tier) -> TierValue:
    """The tier's whole stock, pulled or not, at today's prices."""
    found = Card.objects.in_tier(tier).aggregate(cards=Count("pk"), mean=Avg("fmv"), low=Min("fmv"), high=Max("fmv"))
    return TierValue(**found)


def refresh_values(*, now: datetime | None = None) -> int:
    """Bring every pack's ``ev``, ``min_ev`` and ``max_ev`` (USD) up to date with its cards' prices; returns how many
    packs.

    The expected value weighs each tier's mean fmv by the tier's odds; a tier without cards is never drawn and so counts
    for nothing. Safe to run twice and in parallel.
    """
    moment = now or clock.now()
    packs = list(Pack.objects.prefetch_related("tiers"))
    for pack in packs:
        pack.ev, pack.min_ev, pack.max_ev = _expected_value(pack)
        pack.ev_updated_at = moment
    with transaction.atomic():
        Pack.objects.bulk_update(packs, ["ev", "min_ev", "max_ev", "ev_updated_at"])
    return len(packs)


def _expected_value(pack: Pack) -> tuple[Decimal | None, Decimal | None, Decimal | None]:
    """``(ev, lowest, highest)`` of one pull, or Nones for a pack without cards."""
    weighed = [(tier.weight, tier_value(tier)) for tier in pack.tiers.all()]
    stocked = [(weight, value.mean, value.low, value.high) for weight, value in weighed if value.cards]
    if not stocked:
        return None, None, None
    total = sum(weight for weight, *_ in stocked)
    mean = sum(weight * (average or 0) for weight, average, _, _ in stocked) / total
    return (
        round_usd(Decimal(mean)),
        min(low for *_, low, _ in stocked if low is not None),
        max(high for *_, high in stocked if high is not None),
    )


# Every pool's figures in one statement, each by its own clock. A pull between two counts is in the next.
COUNT_PULLS = """
INSERT INTO inventory_packactivity (pack_id, environment_id, pulls_7d, last_pull, counted_at)
SELECT pack.id, NULL::bigint,
       (SELECT count(*) FROM inventory_item item
         WHERE item.pack_id = pack.id AND item.mode = 'live' AND item.purchased_at > clock.now - interval '7 days'),
       (SELECT max(purchased_at) FROM inventory_item item WHERE item.pack_id = pack.id AND item.mode = 'live'),
       clock.now
  FROM inventory_pack pack, (SELECT coalesce(%(now)s::timestamptz, clock_timestamp()) AS now) clock
UNION ALL
SELECT item.pack_id, item.environment_id,
       count(*) FILTER (WHERE item.purchased_at > sandbox.now - interval '7 days'), max(item.purchased_at), sandbox.now
  FROM (SELECT id, coalesce(%(now)s::timestamptz, clock_timestamp()) + clock_offset AS now
          FROM partners_environment WHERE mode = 'sandbox') sandbox
  JOIN inventory_item item ON item.environment_id = sandbox.id
 GROUP BY item.pack_id, item.environment_id, sandbox.now
 ORDER BY 1, 2
    ON CONFLICT (pack_id, environment_id) DO UPDATE
   SET pulls_7d = excluded.pulls_7d, last_pull = excluded.last_pull, counted_at = excluded.counted_at
"""


def count_pulls(*, now: datetime | None = None) -> int:
    """Bring each pack's pulls of the last 7 days and its latest pull up to date, in every pool; returns how many rows.

    ``now`` is the real time (UTC), the database's clock unless given. Safe to run twice and in parallel.
    """
    with connection.cursor() as cursor:
        cursor.execute(COUNT_PULLS, {"now": now})
        return int(cursor.rowcount)


def activity(environment: Environment) -> dict[int, PackActivity]:
    """Each pack's kept figures in the environment's pool, by its id; packs never pulled from are left out."""
    kept = PackActivity.objects.filter(environment=None if environment.is_live else environment)
    return {row.pack_id: row for row in kept}


def in_stock(environment: Environment) -> set[int]:
    """Ids of the packs with at least one card left to pull in the environment's pool."""
    available = Card.objects.available(environment).filter(
        pack=OuterRef("pk"),
        fmv__gte=OuterRef("tiers__lower"),
        fmv__lt=OuterRef("tiers__upper"),
    )
    return set(Pack.objects.filter(Exists(available)).values_list("pk", flat=True))


def chase_by_pack(environment: Environment, pack: Pack | None = None) -> dict[int, list[Card]]:
    """Each pack's most valuable available cards, highest fmv first, at most 20; of one pack if it is given."""
    available = Card.objects.available(environment).filter(pack__isnull=False)
    if pack is not None:
        available = available.filter(pack=pack)
    place = Window(RowNumber(), partition_by="pack_id", order_by=(F("fmv").desc(), F("pk").asc()))
    best: dict[int, list[Card]] = {}
    for card in available.annotate(place=place).filter(place__lte=CHASE).order_by("pack_id", "place"):
        best.setdefault(card.pack_id or 0, []).append(card)
    return best


def recent_pulls(environment: Environment, *, claw_ids: list[str], limit: int) -> list[Item]:
    """The newest pulls of the environment's pool, of the named packs if any are named."""
    pulls = Item.objects.in_pool_of(environment).select_related("card", "pack")
    if claw_ids:
        pulls = pulls.filter(pack__public_id__in=claw_ids)
    return list(pulls.order_by("-purchased_at", "-id")[:limit])
