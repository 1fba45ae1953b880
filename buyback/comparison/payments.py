"""Compares the treasury's list of payments with our sellbacks, by reference, to the cent.

A pass reads the list of the last ``TREASURY_RETENTION``, page by page, and then compares all of it.
So a change of an old payment is found as well. Each page is stored with its cursor in one short
transaction: a run that ends early, or whose treasury fails, changes no difference, and the next run
continues there. No transaction is open while the treasury is called.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q

from buyback.decisions import resolution
from buyback.guards import alerts
from buyback.live import treasury
from buyback.models import Alert, Difference, ListedPayment, TreasuryReport
from config.foundation import clock
from config.foundation.single_run import single_run

log = structlog.get_logger(__name__)
DIFFERENCES = (Path(__file__).parent / "differences.sql").read_text(encoding="utf-8")
LONGEST = 90.0  # seconds of a run, after which it reads no other page
LAST = 145.0  # seconds for the last page and the comparison
MOST = 10_000  # differences of one comparison
OLDEST_PASS = timedelta(days=1)  # one that began earlier begins again: its first pages are old
ADD = """
INSERT INTO buyback_listedpayment AS listed (report_id, reference, currency, amount)
SELECT %s, * FROM unnest(%s::text[], %s::text[], %s::numeric[])
    ON CONFLICT (report_id, reference, currency)
    DO UPDATE SET amount = listed.amount + excluded.amount
"""


@dataclass(frozen=True, slots=True)
class Found:
    """One difference as a comparison has found it. The fields are those of ``Difference``."""

    reference: str
    kind: str
    buyback_id: Any
    our_state: str
    our_amount: Decimal | None
    their_amount: Decimal | None
    their_currency: str

    def changes(self, row: Difference) -> bool:
        """Whether the figures are not those of the stored row."""
        return any(getattr(row, name) != value for name, value in asdict(self).items())


def compare(*, now: datetime | None = None, seconds: float = LONGEST) -> bool:
    """Read on in the treasury's list for ``seconds``; returns whether the comparison was made.

    One run at a time. It reads at least one page, and ends at the first one that is not given.
    """
    name = treasury.name()
    if not name:
        return False
    with single_run("compare_payments", seconds=LONGEST + LAST) as ours:
        return _read(name, now, time.monotonic() + seconds) if ours else False


def _read(name: str, now: datetime | None, until: float) -> bool:
    report = _begin(name, now or clock.now())
    while True:
        page = treasury.payouts(since=report.since, after=report.cursor)
        if not isinstance(page, treasury.Page):
            reason = page.reason if isinstance(page, treasury.Unknown) else "not found"
            log.warning("treasury_list_unread", treasury=name, reason=str(reason))
            if isinstance(page, treasury.NotFound):
                _abandon(report)
            return False
        if not _keep(report, page, now or clock.now()):
            return False
        if page.after is None or time.monotonic() >= until:
            return page.after is None


def _begin(name: str, now: datetime) -> TreasuryReport:
    """The treasury's row with a pass under way: the one that was, or a new one."""
    with transaction.atomic(durable=True):
        TreasuryReport.objects.get_or_create(name=name)
        report = TreasuryReport.objects.select_for_update().get(name=name)
        if not report.reading or report.started_at < now - OLDEST_PASS:
            ListedPayment.objects.filter(report=report).delete()
            report.reading, report.cursor, report.started_at = True, "", now
            report.since = now - timedelta(seconds=settings.TREASURY_RETENTION)
            report.save(update_fields=["reading", "cursor", "started_at", "since"])
    return report


def _abandon(report: TreasuryReport) -> None:
    """End a pass whose cursor the treasury no longer knows. The next run begins another."""
    rows = TreasuryReport.objects.filter(pk=report.pk, started_at=report.started_at)
    rows.update(reading=False, cursor="")


def _keep(report: TreasuryReport, page: treasury.Page, now: datetime) -> bool:
    """Store a page and its cursor, or compare after the last one.

    False if another run has stored a page meanwhile; nothing is stored then.
    """
    with transaction.atomic(durable=True):
        stored = TreasuryReport.objects.select_for_update().get(pk=report.pk)
        place = (stored.reading, stored.started_at, stored.cursor)
        if place != (True, report.started_at, report.cursor):
            return False
        _add(report, page.payments)
        if page.after is None:
            _compare(report, now)
            report.reading, report.compared_at = False, now
        report.cursor = page.after or ""
        report.save(update_fields=["reading", "cursor", "compared_at"])
    return True


def _add(report: TreasuryReport, payments: Iterable[treasury.Payment]) -> None:
    """Add the payments of a page to what the pass has read."""
    sums: dict[tuple[str, str], Decimal] = {}
    for payment in payments:
        key = payment.reference, payment.currency
        sums[key] = sums.get(key, Decimal(0)) + payment.amount
    references, currencies = [key[0] for key in sums], [key[1] for key in sums]
    with connection.cursor() as cursor:
        cursor.execute(ADD, [report.pk, references, currencies, list(sums.values())])


def _compare(report: TreasuryReport, now: datetime) -> None:
    """Write the differences of a complete pass, and close those that no longer are."""
    margin = timedelta(seconds=settings.TREASURY_COMPARE_AFTER)
    first = report.since + margin
    with connection.cursor() as cursor:
        asked: dict[str, Any] = {
            "report": report.pk,
            "name": report.name,
            "first": first,
            "settled_by": report.started_at - margin,
            "currency": treasury.CURRENCY,
            "most": MOST,
        }
        cursor.execute(DIFFERENCES, asked)
        found = [Found(*row) for row in cursor.fetchall()]
    new = _write(report, found, now)
    if len(found) < MOST:  # all of them, so the others are none
        _close(report, _keys(found), first, now)
    if new:
        detail = f"{len(new)} new, the first about {new[0].reference}"
        alerts.send(
            kind=Alert.Kind.DIFFERENCE, environment=None, subject=report.name, detail=detail
        )


def _write(report: TreasuryReport, found: list[Found], now: datetime) -> list[Found]:
    """Store the differences; returns those that are new or have come back."""
    references = [one.reference for one in found]
    rows = Difference.objects.filter(report=report, reference__in=references)
    known = {(row.reference, row.kind): row for row in rows.order_by("pk").select_for_update()}
    new = []
    for one in found:
        row = known.get((one.reference, one.kind))
        if row is None:
            new.append(one)
        elif row.state == Difference.State.AGREED or one.changes(row):
            if row.state != Difference.State.OPEN:
                new.append(one)
            _open_again(row, one)
    Difference.objects.bulk_create(
        Difference(report=report, first_seen=now, last_seen=now, **asdict(one))
        for one in new
        if (one.reference, one.kind) not in known
    )
    seen = _keys(found).intersection(known)
    rows.filter(pk__in=[known[key].pk for key in seen]).update(last_seen=now)
    return new


def _open_again(row: Difference, one: Found) -> None:
    """Give a difference its new figures. A proposal was about the old ones."""
    resolution.drop(row)
    for name, value in asdict(one).items():
        setattr(row, name, value)
    row.state, row.closed_at = Difference.State.OPEN, None
    row.save()


def _close(
    report: TreasuryReport, still: set[tuple[str, str]], first: datetime, now: datetime
) -> None:
    """Close open differences about which both agree now.

    Either the list has the payment and no longer differs. Or it has none, and nothing was paid
    here, or what was paid has been recovered. What is too old for the list stays open.
    """
    listed = ListedPayment.objects.filter(report=report, reference=OuterRef("reference"))
    missing = Q(kind=Difference.Kind.MISSING)
    agreed = (
        Q(Exists(listed))
        | missing & Q(buyback__reversal__confirmed_at__isnull=False)
        | ~missing & Q(buyback__state="failed", buyback__submitted_at__gte=first)
    )
    rows = Difference.objects.filter(agreed, report=report, state=Difference.State.OPEN)
    for row in rows.order_by("pk").select_for_update(of=("self",)):
        if (row.reference, row.kind) not in still:
            resolution.drop(row)
            row.state, row.closed_at = Difference.State.AGREED, now
            row.save(update_fields=["state", "closed_at"])


def _keys(found: Iterable[Found]) -> set[tuple[str, str]]:
    return {(one.reference, one.kind) for one in found}
