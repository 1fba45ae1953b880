"""The outcome of a sellback: for the status endpoint, and replay for a lost response."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from buyback.live.reconciler import reconcile
from buyback.models import Buyback
from buyback.outcomes import (
    BelowMinimum,
    ItemNotFound,
    OutcomeUnknown,
    PriceChanged,
    Sale,
    SaleInFlight,
    TransactionFailed,
)
from config.foundation import clock
from config.foundation.clock import iso, iso_or_none
from config.foundation.errors import Refusal
from config.foundation.money import to_json
from partners.models import Environment
from partners.records import idempotency

KEYS_KEPT_FOR = timedelta(
    hours=24
)  # how long after its end a sellback is replayed for its key (contract)
WORDS = {
    Buyback.State.SETTLED: "completed",
    Buyback.State.FAILED: "failed",
}  # any other is "pending"
PRICE_REFUSED: dict[str, type[Refusal]] = {
    refusal.failure.code: refusal for refusal in (BelowMinimum, PriceChanged)
}


def status(
    environment: Environment, item_id: str, *, now: datetime | None = None
) -> dict[str, Any]:
    """The latest sellback of the item, as in ``GET /vm/buyback/:item_id``. Raises ItemNotFound."""
    latest = _latest(environment, item_id)
    if latest is not None and latest.completed_at is None and reconcile(latest.pk, now=now):
        latest = _latest(environment, item_id)
    if latest is None:
        raise NoSellback
    payout = getattr(latest, "payout", None)
    return {
        "item_id": item_id,
        "status": WORDS.get(Buyback.State(latest.state), "pending"),
        "amount": None if latest.amount is None else to_json(latest.amount),
        "created_at": iso(latest.created_at),
        "completed_at": iso_or_none(latest.completed_at),
        "payout_id": None if payout is None else str(payout.pk),
    }


def played(item_id: str, word: str, *, now: datetime) -> dict[str, Any]:
    """A simulated status that is otherwise only in live: ``pending`` or ``failed``, at ``now``."""
    return {
        "item_id": item_id,
        "status": word,
        "amount": None,
        "created_at": iso(now),
        "completed_at": iso(now) if word == "failed" else None,
        "payout_id": None,
    }


class NoSellback(ItemNotFound):
    """The environment has no sellback of this item."""

    status = 404


def _latest(environment: Environment, item_id: str) -> Buyback | None:
    if "\0" in item_id:
        return None
    sellbacks = (
        Buyback.objects.of(environment).filter(item__public_id=item_id).select_related("payout")
    )
    return sellbacks.order_by("-created_at", "-id").first()


def outcome(buyback_id: UUID, *, now: datetime | None = None) -> Sale:
    """The outcome of an attempt that an earlier request has begun.

    Raises BelowMinimum, PriceChanged, TransactionFailed, SaleInFlight, OutcomeUnknown.
    """
    reconcile(buyback_id, now=now)
    buyback = Buyback.objects.select_related("item", "payout").get(pk=buyback_id)
    if buyback.state == Buyback.State.SETTLED and buyback.amount is not None:
        return Sale(buyback.item.public_id, buyback.amount, buyback.pk, buyback.payout.pk)
    if buyback.state == Buyback.State.FAILED:
        raise PRICE_REFUSED.get(buyback.failure_code, TransactionFailed)
    at_work = buyback.state in (Buyback.State.CLAIMED, Buyback.State.SUBMITTED)
    raise SaleInFlight if at_work else OutcomeUnknown(buyback_id)


def forget_keys_of_old_sales(*, now: datetime | None = None) -> int:
    """Delete keys older than 48 hours whose sellback ended over 24 hours ago; returns how many.

    The key of an open sellback stays.
    """
    moment = now or clock.now()
    return idempotency.forget_bound(
        Buyback.objects.filter(completed_at__lt=moment - KEYS_KEPT_FOR), now=moment
    )
