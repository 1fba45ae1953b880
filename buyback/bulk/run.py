"""Bulk sellbacks: a member's list of items, each sold at the amount shown, or not at all.

``start`` writes the list, ``sell_next`` sells it. A worker claims one line after the other (``SKIP
LOCKED``, with a lease), so any number of workers may run and any of them may die. Each line sells
under its own idempotency key: claimed again, it gets the outcome of the first attempt. Lines wait
while the oracle or the treasury does not respond. They are refused while an admin has paused the
treasury.

When a worker dies, its line's lease expires after the longest time that a sellback takes
(``buyback/live/leases.py``). Another worker then continues, at the next periodic run, every 5
seconds. A failing line does not block others.

User-visible times use the environment's clock, which a sandbox may have moved; leases use real
time.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import structlog
from celery.exceptions import SoftTimeLimitExceeded
from django.db import OperationalError, transaction
from django.db.models import F
from django.db.models.expressions import OrderBy

from buyback.live import gateway, leases
from buyback.models import BulkLine, BulkSale, Buyback
from buyback.models.bulk import BulkLineQuerySet
from buyback.outcomes import (
    OutcomeUnknown,
    PeerResting,
    SaleInFlight,
)
from buyback.sellback import status
from buyback.sellback.sell_back import POLICY, sell_back
from config.foundation import clock
from config.foundation.codes import Code
from config.foundation.errors import Refusal
from config.postgres import time_limits
from partners.models import Environment, Partner
from partners.records import audit, idempotency
from partners.records.actor import SYSTEM, Actor
from partners.records.idempotency import KeyInProgress

log = structlog.get_logger(__name__)
MOST = 1000  # items of one bulk sellback
CHUNK = 10  # lines of one call of `sell_next`: at their slowest, together below a task's time limit
PAUSE = timedelta(seconds=15)  # until a line with an unknown outcome is checked again
SOON = timedelta(seconds=5)  # until a line that another process may be selling is checked again
BEGUN_FIRST = F("lease_until").asc(nulls_last=True)
NOT_BEGUN_FIRST = F("lease_until").asc(nulls_first=True)
State, Reason = BulkLine.State, BulkLine.Reason
REASONS: dict[str, BulkLine.Reason] = {
    Code.ITEM_EXPIRED: Reason.EXPIRED,
    Code.ITEM_NOT_FOUND: Reason.NOT_FOUND,
    Code.SELLBACK_UNRESOLVED: Reason.IN_PROGRESS,
    Code.PRICE_CHANGED: Reason.PRICE_CHANGED,
}


class NothingChosen(Refusal):
    """A bulk sellback without items."""

    code = Code.NOTHING_CHOSEN
    sentence, status = "Choose at least one item", 422


class NotNow(Refusal):
    """A peer is unavailable. The response is not stored: the line waits and is retried."""

    code = Code.PEER_UNAVAILABLE
    status = 503


class TooMany(Refusal):
    """A bulk sellback with too many items."""

    code = Code.TOO_MANY_ITEMS
    sentence, status = f"A bulk sellback has at most {MOST:,} items", 422


class LinesFailed(RuntimeError):
    """Some of a run's lines met an unexpected error. ``left``: whether other lines remain."""

    def __init__(self, faults: int, bulk_id: UUID, *, left: bool) -> None:
        self.left = left
        super().__init__(
            f"{faults} lines of the bulk sellback {bulk_id} met an unexpected error. The log has "
            "each one's traceback."
        )


def start(
    *,
    environment: Environment,
    token: UUID,
    chosen: Sequence[tuple[int, Decimal]],
    by: Actor,
    now: datetime,
) -> BulkSale:
    """Write the list: the items' rows, each with the amount (USD) shown. Sells nothing yet.

    The same ``token`` again returns the same bulk sellback unchanged. Raises NothingChosen,
    TooMany.
    """
    if not chosen:
        raise NothingChosen
    if len(chosen) > MOST:
        raise TooMany
    with transaction.atomic():
        bulk, created = BulkSale.objects.get_or_create(
            environment=environment,
            token=token,
            defaults={"requested_by": str(by), "created_at": now},
        )
        if not created:
            return bulk
        lines = [
            BulkLine(environment=environment, bulk=bulk, item_id=item, amount=amount)
            for item, amount in chosen
        ]
        BulkLine.objects.bulk_create(lines)
        size, offered = len(chosen), sum((amount for _, amount in chosen), Decimal(0))
        audit.record(
            actor=by,
            action="bulk_sale.started",
            target=bulk,
            partner=environment.partner,
            after={"mode": environment.mode, "items": size, "amount": str(offered)},
        )
    return bulk


def cancel(bulk_id: UUID, *, by: Actor, now: datetime) -> int:
    """Stop lines that have not started; others are completed. Returns how many were stopped."""
    with transaction.atomic():
        bulk = (
            BulkSale.objects.select_related("environment__partner")
            .select_for_update(of=("self",))
            .get(pk=bulk_id)
        )
        stopped = bulk.lines.filter(state=State.PENDING).update(
            state=State.CANCELLED, closed_at=now
        )
        if stopped:
            bulk.cancelled_by, bulk.cancelled_at = str(by), now
            bulk.save(update_fields=["cancelled_by", "cancelled_at"])
            partner, after = bulk.environment.partner, {"items": stopped}
            audit.record(
                actor=by, action="bulk_sale.cancelled", target=bulk, partner=partner, after=after
            )
    return stopped


def sell_next(bulk_id: UUID, *, now: datetime | None = None) -> bool:
    """Sell the next lines, 10 at most; returns whether startable lines remain.

    Repeatable, also in parallel. For a suspended partner the remaining lines are cancelled. An
    unexpected error of one line is logged and does not stop the others. Raises LinesFailed at the
    end.
    """
    environment = Environment.objects.select_related("partner").get(bulk_sales=bulk_id)
    if environment.partner.status == Partner.Status.SUSPENDED:
        cancel(bulk_id, by=SYSTEM, now=now or environment.now())
    faults, left = 0, False
    for turn in range(CHUNK):
        moment, begun = now or clock.now(), gateway.is_resting(environment)
        # First one line whose worker died, then lines not started, so that neither kind waits for
        # all of the other.
        line = _claim(bulk_id, moment, begun=begun, order=NOT_BEGUN_FIRST if turn else BEGUN_FIRST)
        if line is None:
            break
        faults += not _tried(line, now)
    else:
        left = BulkLine.objects.filter(bulk=bulk_id, state=State.PENDING).exists()
    if faults:
        raise LinesFailed(faults, bulk_id, left=left)
    return left


def unattended(*, now: datetime | None = None, limit: int = 100) -> list[UUID]:
    """Bulk sellbacks with lines to sell and no worker: never started, or left by a dead worker."""
    lines = BulkLine.objects.unattended(now or clock.now())
    return list(lines.order_by("bulk").values_list("bulk", flat=True).distinct()[:limit])


def _claim(
    bulk_id: UUID, now: datetime, *, begun: bool = False, order: OrderBy = NOT_BEGUN_FIRST
) -> BulkLine | None:
    """The next line, leased to us, or None. ``begun``: only lines left by a worker."""
    related = ("bulk", "environment__partner", "item")
    with transaction.atomic():
        rows = BulkLine.objects.claimable(now).filter(bulk=bulk_id)
        if begun:
            rows = rows.exclude(state=State.PENDING)
        rows = rows.order_by(order, "pk").select_related(*related)
        line = rows.select_for_update(skip_locked=True, no_key=True, of=("self",)).first()
        if line is not None:
            if line.state == State.PENDING:
                line.state = State.SELLING
            line.lease_until = now + leases.sale()
            line.save(update_fields=["state", "lease_until"])
    return line


def _tried(line: BulkLine, now: datetime | None) -> bool:
    """Work on a claimed line; returns whether there was no unexpected error."""
    try:
        _work_on(line, now)
    except SoftTimeLimitExceeded:
        raise
    except Exception as error:
        log.exception("bulk_line_fault", line=line.pk, exc_info=error)
        return False
    return True


def _work_on(line: BulkLine, now: datetime | None) -> None:
    """Sell a claimed line, or find the outcome of its earlier attempt, and record it."""
    try:
        if line.buyback_id is None:
            _sell(line)
        else:
            status.outcome(line.buyback_id, now=now)
    except OutcomeUnknown as unknown:
        _wait(line, now, PAUSE, state=State.UNKNOWN, buyback=unknown.buyback_id)
    except NotNow:
        _wait(line, now, PAUSE)
    except (
        SaleInFlight,
        KeyInProgress,
    ):  # another process or an earlier attempt of ours is selling the item
        _wait(line, now, SOON)
    except OperationalError as error:
        if not time_limits.gave_up_waiting(error):
            raise
        _wait(line, now, SOON)
    except Refusal as refusal:
        if not refusal.kept:
            raise
        reason = REASONS.get(refusal.code, Reason.FAILED)
        _close(line, now, state=State.REFUSED, reason=reason)
    else:
        sale = Buyback.objects.settled().get(item=line.item_id)
        _close(line, now, state=State.SOLD, buyback=sale.pk)


def _sell(line: BulkLine) -> None:
    """Sell the line's item, once."""
    with idempotency.turn(
        environment=line.environment,
        key=f"bulk {line.bulk.token} {line.pk}",
        fingerprint=idempotency.fingerprint("bulk", {"item": line.item_id}),
        policy=POLICY,
    ) as turn:
        if turn.stored:
            return
        try:
            sell_back(
                environment=line.environment,
                item_id=line.item.public_id,
                item_pk=line.item_id,
                by=Actor.named(line.bulk.requested_by),
                expected_amount=line.amount,
                turn=turn,
            )
        except PeerResting:
            raise NotNow from None


def _wait(line: BulkLine, now: datetime | None, pause: timedelta, **found: Any) -> None:
    """Record that the outcome is unknown, to be checked again after ``pause``."""
    _claimed(line).update(lease_until=(now or clock.now()) + pause, **found)


def _close(line: BulkLine, now: datetime | None, **result: Any) -> None:
    """Record that the line was sold, or refused with a reason."""
    moment = now or line.environment.now()
    _claimed(line).update(lease_until=None, closed_at=moment, **result)


def _claimed(line: BulkLine) -> BulkLineQuerySet:
    """The line, if it is still open. Another worker may have closed it with the same outcome."""
    return BulkLine.objects.filter(pk=line.pk, state__in=(State.SELLING, State.UNKNOWN))
