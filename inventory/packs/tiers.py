"""Replacing a pack's odds. Tiers depend on each other, so they are changed together."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from django.db import transaction

from config.foundation.codes import Code
from config.foundation.errors import Refusal
from inventory.models import Pack, Tier
from partners.records import audit
from partners.records.actor import Actor

SHOWN = ("position", "name", "color", "lower", "upper", "weight")


class TiersClash(Refusal):
    """Tiers with a duplicate position, overlapping values or an empty range."""

    code = Code.INVALID_TIERS


def refuse_clash(tiers: Sequence[Tier]) -> None:
    """Raises TiersClash if a position repeats or a market value belongs to several tiers."""
    positions = [tier.position for tier in tiers]
    if len(set(positions)) < len(positions):
        raise TiersClash("Every tier needs its own position")
    for tier in tiers:
        if tier.upper <= tier.lower:
            raise TiersClash(f"{tier.name}: the upper bound must be above the lower bound")
    for below, above in pairwise(sorted(tiers, key=lambda tier: tier.lower)):
        if above.lower < below.upper:
            raise TiersClash(f"{below.name} and {above.name} overlap")


def replace_tiers(*, pack: Pack, tiers: Sequence[Tier], by: Actor) -> list[Tier]:
    """Replace the pack's tiers by these. One audit entry has all odds before and after.

    Running pulls use the odds they started with. Raises TiersClash.
    """
    refuse_clash(tiers)
    with transaction.atomic():
        locked = Pack.objects.select_for_update(no_key=True).get(pk=pack.pk)
        before = [audit.values(tier, SHOWN) for tier in locked.tiers.all()]
        after: list[dict[str, Any]] = sorted(
            (audit.values(tier, SHOWN) for tier in tiers), key=lambda shown: shown["position"]
        )
        if before == after:
            return list(locked.tiers.all())
        # Delete and insert: with updates, two tiers could not swap places.
        locked.tiers.all().delete()
        for tier in tiers:
            tier.pack = locked
        made = Tier.objects.bulk_create(tiers)
        audit.record(
            actor=by, action="pack.odds_changed", target=locked, before=before, after=after
        )
    return made
