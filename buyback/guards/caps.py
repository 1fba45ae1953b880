"""The treasury's guards: the pause, the cap of one sellback, of a partner's day, of the hour.

A partner's daily cap is its own, or the platform's. Spending in a span is summed in one row, whose
check constraint is the cap: a sellback above it fails, however many run in parallel. Each sellback
records which spans have counted it, and is taken off only those.
"""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError
from django.db.models import F

from buyback.guards import alerts
from buyback.models import Alert, Buyback, Spend, TreasuryControl
from partners.models import Environment

ONE_SALE, PLATFORM = "one sale", "platform"
CONSTRAINT = "buyback_spend_within_cap"


def is_paused() -> bool:
    """Whether sellbacks are paused: then nothing is claimed, submitted or resubmitted."""
    return TreasuryControl.objects.filter(paused=True).exists()


def give_back(sale: Buyback, submitted_at: datetime) -> None:
    """Take a failed sellback off the spans that have counted it."""
    for scope in sale.counted_in:
        Spend.objects.filter(scope=scope, starts_at=_start(scope, submitted_at)).update(
            total=F("total") - sale.amount
        )


def passed(environment: Environment, error: IntegrityError) -> str | None:
    """The cap that a statement would have exceeded, by its error; None for other errors."""
    if CONSTRAINT not in str(error):
        return None
    return next(scope for scope in (_of(environment), PLATFORM) if f", {scope}, " in str(error))


def send_alert(environment: Environment, cap: str, item_id: str) -> None:
    """Alert that a cap has refused a sellback."""
    alerts.send(
        kind=Alert.Kind.CAP_REACHED,
        environment=environment,
        subject=f"cap {cap}",
        detail=f"item {item_id}",
    )


def _of(environment: Environment) -> str:
    """The scope of the partner's day."""
    return f"partner:{environment.partner_id}"


def _start(scope: str, now: datetime) -> datetime:
    """The start of the span with ``now``: the clock hour, or the partner's UTC day."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    return hour if scope == PLATFORM else hour.replace(hour=0)
