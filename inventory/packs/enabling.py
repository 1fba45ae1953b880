"""Opening a pack to users and closing it again."""

from __future__ import annotations

from django.db import transaction

from config.foundation.codes import Code
from config.foundation.errors import Refusal
from inventory.models import Pack
from partners.records import audit
from partners.records.actor import Actor


class PackNeedsReason(Refusal):
    """A pack is never opened or closed without a reason, of at most 500 characters."""

    code = Code.REASON_REQUIRED
    sentence = "Give a reason, of at most 500 characters."


class PackHasNoTiers(Refusal):
    """A pack without odds cannot be drawn from."""

    code = Code.PACK_HAS_NO_TIERS
    sentence = "It has no tiers yet"


def set_enabled(*, pack: Pack, enabled: bool, reason: str, by: Actor) -> Pack:
    """Enable the pack, or pause it: then no more pulls are sold, and what users hold still sells
    back.

    Safe to repeat. Raises PackNeedsReason; PackHasNoTiers when a pack without tiers is to be
    enabled.
    """
    reason = reason.strip()
    if not reason or len(reason) > 500 or "\0" in reason:
        raise PackNeedsReason
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
