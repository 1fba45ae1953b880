"""A pack's odds, changed as a whole: tiers depend on each other, so there is no changing one
alone.
"""

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
    """Tiers of a pack that share a position or a value, or that hold none."""

    code = Code.INVALID_TIERS


def refuse_clash(tiers: Sequence[Tier]) -> None:
    """Raises TiersClash unless every position is used once and every market value belongs to one
    tier at most.
    """
    positions = [tier.position for tier in tiers]
    if len(set(positions)) < len(positions):
        raise TiersClash("Every tier needs a position of its own")
    for tier in tiers:
        if tier.upper <= tier.lower:
            raise TiersClash(f"{tier.name} ends where it begins, or before")
    for below, above in pairwise(sorted(tiers, key=lambda tier: tier.lower)):
        if above.lower < below.upper:
            raise TiersClash(f"{below.name} and {above.name} overlap")


def replace_tiers(*, pack: Pack, tiers: Sequence[Tier], by: Actor) -> list[Tier]:
    """These tiers, and no others, are the pack's. Audited once, with the whole odds before and
    after.

    Pulls under way draw by the odds they began with. Raises TiersClash.
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
        # Written anew: one after the other, two tiers could not change places.
        locked.tiers.all().delete()
        for tier in tiers:
            tier.pack = locked
        made = Tier.objects.bulk_create(tiers)
        audit.record(
            actor=by, action="pack.odds_changed", target=locked, before=before, after=after
        )
    return made
