"""Resolves unknown outcomes: asks the treasury by reference for the outcome of open sellbacks.

It runs every 15 seconds, and when an item with an open sellback is viewed. "Not found" is never
"failed": the request may still be on its way, so the same reference is submitted again, or stays
open while sellbacks are paused or payments do not respond. A treasury that does not respond is not
called for a while, and never blocks all web threads; that changes no sellback. Once the treasury
may have forgotten a reference (its retention less an hour), the sellback goes to review.
"""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings

from buyback.guards import caps
from buyback.live import breakers, gateway, steps, treasury
from buyback.models import Buyback
from buyback.outcomes import Failure, FailureCode, OutcomeUnknown, Sale, TransactionFailed
from config.foundation import clock
from config.foundation.single_run import single_run

log = structlog.get_logger(__name__)
MARGIN = timedelta(hours=1)  # before the treasury's retention ends
LONGEST = 45.0  # seconds of a run, after which it starts no other sellback
LAST = 15.0  # seconds for the sellback in progress by then: a status request and a payment


class SalesNotReconciled(RuntimeError):
    """Some of a run's sellbacks met an unexpected error."""

    def __init__(self, faults: int, found: int, closed: int) -> None:
        super().__init__(
            f"{faults} of {found} open sellbacks met an unexpected error; {closed} were closed."
            " The log has each one's traceback."
        )


def conclude(buyback_id: UUID, outcome: treasury.Outcome, *, now: datetime | None) -> Sale:
    """Record the treasury's response. Returns the sale.

    Raises TransactionFailed or OutcomeUnknown.
    """
    match outcome:
        case treasury.Paid():
            return steps.settle(buyback_id, now=now)
        case treasury.Declined():
            steps.fail(buyback_id, failure=Failure(FailureCode.DECLINED, outcome.reason), now=now)
            raise TransactionFailed
        case treasury.Mismatch():
            failure = Failure(FailureCode.MISMATCH, outcome.reason)
            steps.send_to_review(buyback_id, failure=failure, now=now)
        case treasury.NotFound() | treasury.Unknown():
            failure = Failure(FailureCode.OUTCOME_UNKNOWN, _words(outcome))
            steps.park(buyback_id, failure=failure, now=now)
    raise OutcomeUnknown(buyback_id)


def _words(outcome: treasury.NotFound | treasury.Unknown) -> str:
    """What the treasury said about an open sellback, for people."""
    return "not found" if isinstance(outcome, treasury.NotFound) else str(outcome.reason)


def reconcile(buyback_id: UUID, *, now: datetime | None = None) -> bool:
    """Resolve one open sellback, if it is not leased and the treasury may be asked.

    Returns whether it is closed.
    """
    with gateway.may_ask() as asking:
        attempt = steps.take_lease(buyback_id, now=now, asking=asking)
        if attempt is not None:
            with suppress(
                TransactionFailed, OutcomeUnknown
            ):  # recorded by conclude; the state below is the result
                _bring_to_an_end(attempt, now)
    return not Buyback.objects.unresolved().filter(pk=buyback_id).exists()


def _bring_to_an_end(attempt: steps.Attempt, now: datetime | None) -> None:
    buyback = attempt.buyback
    if (
        buyback.state == Buyback.State.CLAIMED
        or buyback.amount is None
        or buyback.submitted_at is None
    ):
        steps.fail(buyback.pk, failure=Failure(FailureCode.ABANDONED), now=now)
        return
    outcome = gateway.ask(attempt, buyback.amount)
    moment = now or buyback.environment.database_now()
    forgotten = (
        moment > buyback.submitted_at + timedelta(seconds=settings.TREASURY_RETENTION) - MARGIN
    )
    if isinstance(outcome, treasury.NotFound | treasury.Unknown) and forgotten:
        failure = Failure(FailureCode.RETENTION_OVER, _words(outcome))
        steps.send_to_review(buyback.pk, failure=failure, now=now)
        return
    if (
        isinstance(outcome, treasury.NotFound)
        and not caps.is_paused()
        and not breakers.TREASURY.is_open()
    ):
        outcome = gateway.pay(attempt, buyback.amount)
    conclude(buyback.pk, outcome, now=now)


def reconcile_all(
    *, now: datetime | None = None, limit: int = 100, seconds: float = LONGEST
) -> int:
    """Resolve sellbacks with expired leases, longest waiting first; returns how many were closed.

    One run at a time, for at most ``seconds``; the next run continues. If the treasury stops
    responding, its breaker opens after five calls, and only work without calls is done. An
    unexpected error of one sellback is logged and does not block others. Raises SalesNotReconciled
    at the end.
    """
    with single_run("reconcile", seconds=LONGEST + LAST) as ours:
        return _work_on_all(now, limit, time.monotonic() + seconds) if ours else 0


def _work_on_all(now: datetime | None, limit: int, until: float) -> int:
    due = (
        Buyback.objects.unresolved()
        .exclude(state=Buyback.State.REVIEW)
        .filter(lease_until__lte=now or clock.now())
        .order_by("lease_until", "pk")
    )
    closed, faults, found = 0, 0, list(due.values_list("pk", flat=True)[:limit])
    for buyback_id in found:
        if time.monotonic() >= until:
            break
        try:
            closed += reconcile(buyback_id, now=now)
        except SoftTimeLimitExceeded:
            raise
        except Exception as error:
            log.exception("reconcile_fault", buyback=str(buyback_id), exc_info=error)
            faults += 1
    if faults:
        raise SalesNotReconciled(faults, len(found), closed)
    return closed
