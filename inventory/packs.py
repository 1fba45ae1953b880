"""What packs show about themselves: their value, their stock, their latest pulls."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from django.db import transaction
from django.db.models import Avg, Count, Exists, F, Max, Min, OuterRef, Subquery, Window
from django.db.models.functions import Coalesce, RowNumber

from config import clock
from config.money import round_usd
from inventory.models import Card, Item, Pack, Tier
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


class PackActivity(NamedTuple):
    """What an environment's own pulls say of a pack."""

    pulls_7d: int
    last_pull: datetime | None


def activity(environment: Environment, now: datetime) -> dict[int, PackActivity]:
    """Each pack's pulls in the last 7 days and its latest pull, in the environment's pool."""
    pulls = Item.objects.in_pool_of(environment).filter(pack=OuterRef("pk"))
    last = pulls.order_by("-purchased_at").values("purchased_at")[:1]
    recent = pulls.filter(purchased_at__gt=now - timedelta(days=7)).order_by().values("pack")
    rows = Pack.objects.annotate(
        pulls=Coalesce(Subquery(recent.annotate(pulls=Count("pk")).values("pulls")), 0), last=Subquery(last)
    ).values_list("pk", "pulls", "last")
    return {pk: PackActivity(pulls, last) for pk, pulls, last in rows}


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
