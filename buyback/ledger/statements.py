"""Closing days: what each UTC day of an environment came to, added up once and frozen.

A day is closed when nothing can be added to it any more. By the environment's clock it must be over
for five minutes; and no transaction that began before then, and is still at work, may have read the
clock while the day lasted. (Actions on money read the clock after their locks, so such a
transaction has written, or waits for a lock.) A sandbox's clock may jump; then the five minutes are
counted, in real time, from the jump. Clocks do not go back: a trigger holds that.

Nothing of this is on a sale's path: no lock, no row. That a statement says what the ledger says,
that no day is left out, and that closed and open days add up to the books, are rules of
``invariants.sql``.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from django.db import IntegrityError, connection

log = structlog.get_logger(__name__)

GRACE = timedelta(minutes=5)  # real time, after the day's end or the clock's jump
SLACK = timedelta(
    minutes=1
)  # how much later than that a transaction may have begun and still be waited for
CHUNK = 31  # days closed by one statement

DUE = Path(__file__).with_name("days_due.sql").read_text(encoding="utf-8")
CLOSE = Path(__file__).with_name("close_days.sql").read_text(encoding="utf-8")


class BooksDisagree(RuntimeError):
    """Days whose sales and payouts are not the same: they stay open until somebody has looked
    (``check_ledger``).
    """


def close_statements(*, now: datetime | None = None) -> int:
    """Close every day that is over, in every environment; returns how many days were closed.

    ``now`` is the real time (UTC), the database's clock unless given. Safe to run twice and in
    parallel; what was missed is caught up, oldest day first, a month at a time, each month kept.
    Raises BooksDisagree at its end.
    """
    closed, refused = 0, []
    for environment, first, last in _due(now):
        try:
            closed += _close(environment, first, last, now)
        except IntegrityError as error:
            log.exception("days_do_not_close", environment=environment, since=str(first))
            refused.append((environment, error))
    if refused:
        raise BooksDisagree(
            ", ".join(f"environment {environment}" for environment, _ in refused)
        ) from refused[0][1]
    return closed


def _due(now: datetime | None) -> list[tuple[int, date, date]]:
    """Environments with days to close: the first and the last of them."""
    parameters: dict[str, Any] = {"now": now, "grace": GRACE, "slack": SLACK}
    with connection.cursor() as cursor:
        cursor.execute(DUE, parameters)
        return [(int(environment), first, last) for environment, first, last in cursor.fetchall()]


def _close(environment: int, first: date, last: date, now: datetime | None) -> int:
    closed = 0
    while first <= last:
        until = min(last, first + timedelta(days=CHUNK - 1))
        with connection.cursor() as cursor:
            # A statement of its own, after the one that found nobody at work: it sees whatever they
            # wrote.
            cursor.execute(
                CLOSE, {"environment": environment, "first": first, "last": until, "now": now}
            )
            closed += cursor.rowcount
        first = until + timedelta(days=1)
    log.info("days_closed", environment=environment, days=closed, last=str(last))
    return closed
