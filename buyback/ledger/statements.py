"""Closing days: the totals of each UTC day of an environment, calculated once and frozen.

A day is closed when nothing can be added to it any more. By the environment's clock it must have
ended five minutes ago, and no running transaction that started before may have read the clock
during the day. (Actions on money read the clock after their locks, so such a transaction has
written, or waits for a lock.) When a sandbox's clock jumps, the five minutes count in real time
from the jump. Clocks never go back, which a trigger ensures.

A sellback needs no lock and no row of this. Rules of ``invariants.sql`` check that statements equal
the ledger, that no day is missing, and that closed and open days add up.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from django.db import IntegrityError, connection

log = structlog.get_logger(__name__)

GRACE = timedelta(minutes=5)  # real time, after the day's end or the clock's jump
SLACK = timedelta(minutes=1)  # transactions that started up to this much later are waited for too
CHUNK = 31  # days closed by one statement

DUE = Path(__file__).with_name("days_due.sql").read_text(encoding="utf-8")
CLOSE = Path(__file__).with_name("close_days.sql").read_text(encoding="utf-8")


class BooksDisagree(RuntimeError):
    """The sellbacks and payouts of some days differ. They stay open (see ``check_ledger``)."""


def close_statements(*, now: datetime | None = None) -> int:
    """Close every day that has ended, in every environment; returns how many days.

    ``now`` is real time (UTC), by default the database's clock. Repeatable, also in parallel.
    Missed days are closed oldest first, a month at a time, each committed. Raises BooksDisagree at
    the end.
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
    """Environments with days to close, with the first and the last day."""
    parameters: dict[str, Any] = {"now": now, "grace": GRACE, "slack": SLACK}
    with connection.cursor() as cursor:
        cursor.execute(DUE, parameters)
        return [(int(environment), first, last) for environment, first, last in cursor.fetchall()]


def _close(environment: int, first: date, last: date, now: datetime | None) -> int:
    closed = 0
    while first <= last:
        until = min(last, first + timedelta(days=CHUNK - 1))
        with connection.cursor() as cursor:
            # A separate statement, after the one that found no running transactions, so that it
            # sees all that they wrote.
            cursor.execute(
                CLOSE, {"environment": environment, "first": first, "last": until, "now": now}
            )
            closed += cursor.rowcount
        first = until + timedelta(days=1)
    log.info("days_closed", environment=environment, days=closed, last=str(last))
    return closed
