"""The treasury's balance, stored every five minutes, and alerts when it may not last.

Two figures are compared with it: the exposure (what all open windows would cost), and the day's
rate. The rate is what was paid today divided by the part of the UTC day that has passed, at least
an hour: what a whole day costs at this pace.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

import structlog

from buyback.exposure import snapshot
from buyback.guards import alerts
from buyback.live import treasury
from buyback.models import Alert, Difference, Exposure, TreasuryReport
from config.foundation import clock
from config.foundation.money import round_usd, usd
from config.foundation.single_run import single_run

log = structlog.get_logger(__name__)
LONGEST = 60.0  # seconds, above the longest call
STALE = timedelta(minutes=15)  # a balance is asked for every five minutes
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class View:
    """For the home page. ``report`` None: no response yet, or no remote treasury."""

    name: str
    report: TreasuryReport | None
    stale: bool
    rate: Decimal
    open: int


def refresh(*, now: datetime | None = None) -> bool:
    """Ask for the balance, store it, and send alerts; returns whether there was a response.

    Without a usable response nothing changes: the stored balance only gets older.
    """
    name = treasury.name()
    if not name:
        return False
    with single_run("treasury_balance", seconds=LONGEST) as ours:
        answer = treasury.balance() if ours else None
    if not isinstance(answer, treasury.Balance):
        if answer is not None:
            log.warning("treasury_balance_unknown", treasury=name, reason=str(answer.reason))
        return False
    now = now or clock.now()
    known = {"balance": answer.amount, "balance_at": now}
    TreasuryReport.objects.update_or_create(name=name, defaults=known)
    if answer.amount is not None:
        _warn(name, answer.amount, now)
    return True


def rate(paid: Decimal, now: datetime) -> Decimal:
    """What a whole day costs in USD, if ``paid`` is what today has cost so far."""
    passed = now - now.replace(hour=0, minute=0, second=0, microsecond=0)
    return round_usd(paid * Decimal(DAY / max(passed, HOUR)))


def view(paid_today: Decimal, now: datetime) -> View:
    """The configured treasury's figures, in two queries."""
    name = treasury.name()
    report = TreasuryReport.objects.filter(name=name).first() if name else None
    at = report.balance_at if report else None
    return View(
        name,
        report,
        at is not None and at < now - STALE,
        rate(paid_today, now),
        Difference.objects.filter(state=Difference.State.OPEN).count(),
    )


def _warn(name: str, balance: Decimal, now: datetime) -> None:
    """Alert about each figure above the balance."""
    total = Exposure.objects.filter(pack=None).values_list("amount", flat=True).first()
    figures = (
        (Alert.Kind.EXPOSURE_ABOVE, total or Decimal(0)),
        (Alert.Kind.RATE_ABOVE, rate(snapshot.today(now).amount, now)),
    )
    for kind, amount in figures:
        if amount > balance:
            detail = f"{usd(amount)}, and the balance is {usd(balance)}"
            alerts.send(kind=kind, environment=None, subject=name, detail=detail)
