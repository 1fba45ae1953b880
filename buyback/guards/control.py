"""Setting the treasury's guards: the switch that stops every live sale, and the caps. Amounts are
USD.
"""

from __future__ import annotations

import json
from decimal import Decimal

from django.db import connection, transaction

from buyback.models import TreasuryControl
from config.foundation.codes import Code
from config.foundation.errors import Refusal
from config.foundation.money import LIMIT, round_usd
from config.foundation.reasons import clean_reason
from partners.records import audit
from partners.records.actor import Actor

GUARDS = ("paused", "cap_per_sale", "cap_per_partner_day", "cap_per_hour")


class BadCap(Refusal):
    """A cap that no amount could be compared with."""

    code = Code.INVALID_CAP
    sentence = "A cap is an amount in whole cents above 0 and below 1,000,000,000 USD, or empty."


class GuardsChanged(Refusal):
    """Somebody else has set the guards since they were looked at."""

    code = Code.GUARDS_CHANGED
    sentence = (
        "Somebody has changed the guards meanwhile. Look at them again; nothing was changed by you."
    )


def as_seen(control: TreasuryControl | None) -> str:
    """The guards as they stand, in one text, for a form to send back."""
    return "" if control is None else json.dumps(audit.values(control, GUARDS))


def set_guards(
    *,
    paused: bool,
    cap_per_sale: Decimal | None,
    cap_per_partner_day: Decimal | None,
    cap_per_hour: Decimal | None,
    reason: str,
    by: Actor,
    seen: str | None = None,
) -> TreasuryControl:
    """Set all guards at once; they hold from the next sale on. A cap of None does not limit.

    ``seen`` is ``as_seen`` of what the caller was looking at: had another person paused the
    treasury meanwhile, a form from before would start it again. Raises ReasonRequired, BadCap,
    GuardsChanged.
    """
    reason = clean_reason(reason)
    wanted = TreasuryControl(
        paused=paused,
        cap_per_sale=clean_cap(cap_per_sale),
        cap_per_partner_day=clean_cap(cap_per_partner_day),
        cap_per_hour=clean_cap(cap_per_hour),
    )
    with transaction.atomic():
        with connection.cursor() as cursor:
            # Also the row that is not there yet has one writer at a time; sales only read, and go
            # on.
            cursor.execute("LOCK TABLE buyback_treasurycontrol IN SHARE ROW EXCLUSIVE MODE")
        stored = TreasuryControl.objects.first()
        if seen is not None and seen != as_seen(stored):
            raise GuardsChanged
        _write(wanted, stored, reason, by)
    return wanted


def clean_cap(amount: Decimal | None) -> Decimal | None:
    """A cap in whole cents. Raises BadCap."""
    if amount is None:
        return None
    if not (amount.is_finite() and 0 < amount < LIMIT and amount == round_usd(amount)):
        raise BadCap
    return round_usd(amount)


def _write(wanted: TreasuryControl, stored: TreasuryControl | None, reason: str, by: Actor) -> None:
    """Save and audit what differs; nothing where nothing does."""
    before, after = audit.values(stored or TreasuryControl(), GUARDS), audit.values(wanted, GUARDS)
    changed = [name for name in GUARDS if before[name] != after[name]]
    if not changed and stored is not None:
        return
    wanted.save(force_update=stored is not None)
    audit.record(
        actor=by,
        action="treasury_control.changed",
        target=wanted,
        before={name: before[name] for name in changed},
        after={name: after[name] for name in changed} | {"reason": reason},
    )
