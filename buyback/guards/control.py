"""Setting the treasury's guards: the pause of all live sellbacks, and the caps, in USD."""

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
    """The cap is not a valid amount."""

    code = Code.INVALID_CAP
    sentence = "A cap is an amount in whole cents above 0 and below 1,000,000,000 USD, or empty."


class GuardsChanged(Refusal):
    """The guards were changed since the caller read them."""

    code = Code.GUARDS_CHANGED
    sentence = "Someone else changed these settings. Nothing was saved. Review and try again."


def as_seen(control: TreasuryControl | None) -> str:
    """The current guards as one text, which a form sends back."""
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
    """Set all guards, from the next sellback on. A cap of None is no limit.

    ``seen`` is ``as_seen`` of what the caller read: otherwise an outdated form could lift a pause
    that another person has set. Raises ReasonRequired, BadCap, GuardsChanged.
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
            # Also serializes writers while the row does not exist yet. Sellbacks only read, so they
            # are not blocked.
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
    """Save and audit the changes, if there are any."""
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
