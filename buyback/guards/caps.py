"""The treasury's guards: the pause, the cap of one sellback, of a partner's day, of the hour.

A partner's daily cap is its own, or the platform's. The statement of a sellback counts it in the
spans of the set caps (``partners/records/spending.py``): above a cap it fails, however many run in
parallel. Each sellback records which spans have counted it, and is taken off only those.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from buyback.guards import alerts
from buyback.models import Alert, Buyback, TreasuryControl
from partners.models import Environment
from partners.records import spending

ONE_SALE, PLATFORM = "one sale", "platform"


def is_paused() -> bool:
    """Whether sellbacks are paused: then nothing is claimed, submitted or resubmitted."""
    return TreasuryControl.objects.filter(paused=True).exists()


def give_back(sale: Buyback, submitted_at: datetime) -> None:
    """Take a failed sellback off the spans that have counted it."""
    for scope in sorted(sale.counted_in):
        spending.give_back(scope, _start(scope, submitted_at), sale.amount or Decimal(0))


def send_alert(environment: Environment, cap: str, item_id: str) -> None:
    """Alert that a cap has refused a sellback."""
    alerts.send(
        kind=Alert.Kind.CAP_REACHED,
        environment=environment,
        subject=f"cap {cap}",
        detail=f"item {item_id}",
    )


def _start(scope: str, now: datetime) -> datetime:
    """The start of the span with ``now``: the clock hour, or the partner's UTC day."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    return hour if scope == PLATFORM else hour.replace(hour=0)
