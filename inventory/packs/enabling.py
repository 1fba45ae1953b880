"""Enabling and pausing packs."""

from __future__ import annotations

from django.db import transaction

from config.foundation.codes import Code
from config.foundation.errors import Refusal
from config.foundation.reasons import clean_reason
from inventory.models import Pack
from partners.records import audit
from partners.records.actor import Actor


class PackHasNoTiers(Refusal):
    """A pack without tiers has no odds."""

    code = Code.PACK_HAS_NO_TIERS
    sentence = "The pack has no tiers yet"


def set_enabled(*, pack: Pack, enabled: bool, reason: str, by: Actor) -> Pack:
    """Enable the pack or pause it. A paused pack sells no pulls; its items can still be sold back.

    Repeatable. Raises ReasonRequired; PackHasNoTiers when enabling a pack without tiers.
    """
    reason = clean_reason(reason)
    with transaction.atomic():
        locked = Pack.objects.select_for_update(no_key=True).get(pk=pack.pk)
        if enabled and not locked.tiers.exists():
            raise PackHasNoTiers
        if locked.enable != enabled:
            locked.enable = enabled
            locked.save(update_fields=["enable"])
            audit.record(
                actor=by,
                action="pack.enabled" if enabled else "pack.paused",
                target=locked,
                before={"enable": not enabled},
                after={"enable": enabled, "reason": reason},
            )
    return locked
