"""Bringing open sales to their end: asks the treasury by reference until it says what became of
each.

Runs every 15 seconds, and whenever somebody looks at an item whose sale is open. "Not found" is
never "failed": the request may still be on its way, so the same reference is submitted again, or
left open while the kill switch is set or payments have not been answered. A treasury that answers
no question is left alone for a while, and never keeps all web threads waiting; nothing of a sale
changes by that. Once the treasury may have forgotten a reference (its retention less an hour), only
people can tell: the sale goes to review.
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
LONGEST = 45.0  # seconds of a run, after which it takes up no other sale
LAST = 15.0  # seconds for the sale it is at by then: a question and a payment


class SalesNotReconciled(RuntimeError):
    """Some of a run's sales met an unexpected error."""

    def __init__(self, faults: int, found: int, closed: int) -> None:
        super().__init__(
            f"{faults} of {found} open sales met an unexpected error; {closed} were closed."
            " The log has each one's traceback."
        )


def conclude(buyback_id: UUID, outcome: treasury.Outcome, *, now: datetime | None) -> Sale:
    """Write down what the treasury said. Returns the sale; raises TransactionFailed or
    OutcomeUnknown.
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
    """What the treasury said of a sale that is still open, for people."""
    return "not found" if isinstance(outcome, treasury.NotFound) else str(outcome.reason)


def reconcile(buyback_id: UUID, *, now: datetime | None = None) -> bool:
    """Work on one open sale, if nobody else does and the treasury may be asked; whether it is
    closed now.
    """
    with gateway.may_ask() as asking:
        attempt = steps.take_lease(buyback_id, now=now, asking=asking)
        if attempt is not None:
            with suppress(
                TransactionFailed, OutcomeUnknown
            ):  # written down by conclude; the state below is the answer
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
    """Work on the sales whose lease has run out, longest waiting first; returns how many were
    closed. One run at a time, and for so many ``seconds``: the next goes on where this one ends.

    A treasury that falls silent costs a run five silences: then its breaker is open, and only what
    asks nobody is done. An unexpected error of one sale is logged and does not keep the others
    waiting. Raises SalesNotReconciled at the end if there was any.
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
