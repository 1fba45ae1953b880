"""The daily cap of one partner, in place of the one for all partners, in USD."""

from __future__ import annotations

from decimal import Decimal

from django.db import transaction

from buyback.guards.control import clean_cap
from config.foundation.reasons import clean_reason
from partners.models import Mode, Partner
from partners.records.actor import Actor
from partners.tenants import limits


def cap_day(*, partner: Partner, cap: Decimal | None, reason: str, by: Actor) -> None:
    """Cap the partner's live sellbacks in a UTC day, from the next one. None: the platform's cap.

    An unchanged cap is neither written nor audited. Raises ReasonRequired, BadCap.
    """
    reason, cap = clean_reason(reason), clean_cap(cap)
    with transaction.atomic():
        live = limits.locked(partner).get(mode=Mode.LIVE)
        limits.write(live, "cap_per_day", cap, reason, by)
