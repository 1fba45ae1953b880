"""The treasury's guards: the kill switch, the cap of one sale, and the caps of a partner's day (its
own, or the one for all) and the platform's hour.

What is spent within a span is counted in one row, whose check constraint is the cap: a sale that
would pass it fails, however many run at once. Each sale remembers which spans have counted it, and
gives back only there.
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
    """Whether the kill switch is set: then nothing is claimed, submitted, or submitted again."""
    return TreasuryControl.objects.filter(paused=True).exists()


def give_back(sale: Buyback, submitted_at: datetime) -> None:
    """Take a sale that did not happen off the spans that have counted it."""
    for scope in sale.counted_in:
        Spend.objects.filter(scope=scope, starts_at=_start(scope, submitted_at)).update(
            total=F("total") - sale.amount
        )


def passed(environment: Environment, error: IntegrityError) -> str | None:
    """Which cap a statement would have passed, by the row that the database refused; None for any
    other error.
    """
    if CONSTRAINT not in str(error):
        return None
    return next(scope for scope in (_of(environment), PLATFORM) if f", {scope}, " in str(error))


def tell(environment: Environment, cap: str, item_id: str) -> None:
    """Tell the admins that a cap has turned a sale down."""
    alerts.tell(
        kind=Alert.Kind.CAP_REACHED,
        environment=environment,
        subject=f"cap {cap}",
        detail=f"item {item_id}",
    )


def _of(environment: Environment) -> str:
    """The scope of the partner's day."""
    return f"partner:{environment.partner_id}"


def _start(scope: str, now: datetime) -> datetime:
    """When the span of ``scope`` that holds ``now`` began: the clock hour, or the partner's UTC
    day.
    """
    hour = now.replace(minute=0, second=0, microsecond=0)
    return hour if scope == PLATFORM else hour.replace(hour=0)
