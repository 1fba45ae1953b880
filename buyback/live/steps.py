"""The steps of a sellback that calls peers: short transactions, each from one state only.

claimed → submitted → settled | failed | unknown, and unknown → settled | failed | review
(``models/buybacks.py`` has the table, a trigger enforces it). A step whose attempt is no longer in
the expected state changes nothing and raises.

The three steps of a successful sellback are one statement each, next to this file: ``claim.sql``,
``submit.sql`` and ``settle.sql``. Each commits by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from django.db import OperationalError, transaction
from psycopg.errors import LockNotAvailable

from buyback.guards import alerts, caps
from buyback.live import breakers, claimed, leases, treasury
from buyback.models import Alert, Buyback, Move, Payout, Transfer
from buyback.outcomes import (
    Failure,
    FailureCode,
    ItemExpired,
    ItemNotFound,
    OutcomeUnknown,
    PeerResting,
    Sale,
    SaleInFlight,
    SessionActive,
    TransactionFailed,
)
from config.foundation.errors import Refusal
from config.postgres import statements
from inventory.models import Card, Item
from inventory.pricing import Price
from partners.models import Environment, Event
from partners.records import events, spending
from partners.records.actor import Actor

Row = tuple[Any, ...]
PAUSE = timedelta(seconds=15)  # until an unknown outcome is checked again
IN_FLIGHT, TREASURY = Transfer.Account.IN_FLIGHT, Transfer.Account.TREASURY
CLAIM = statements.read(Path(__file__).with_name("claim.sql"))
SUBMIT = statements.read(Path(__file__).with_name("submit.sql"))
SETTLE = statements.read(Path(__file__).with_name("settle.sql"))
# What the claim's statement returns for an item that it does not claim.
REFUSALS: dict[str, type[Refusal]] = {
    "not_found": ItemNotFound,
    "expired": ItemExpired,
    "paused": TransactionFailed,
    "resting": PeerResting,
}


@dataclass(frozen=True, slots=True)
class Attempt:
    """A claimed item and the row of its sellback."""

    buyback: Buyback
    item: Item
    treasury: str  # the paying treasury by name; chosen at the claim, stored at submission
    submissions: int  # how many of the item's other attempts were submitted

    @property
    def pk(self) -> UUID:
        """The buyback's id."""
        return self.buyback.pk

    @property
    def reference(self) -> str:
        """The treasury's reference of the payment."""
        return self.buyback.reference

    @property
    def recipient(self) -> str:
        """The recipient at the treasury."""
        return f"{self.item.environment.partner_id}:{self.item.collector.user_id}"


def load(buyback_id: UUID) -> Attempt:
    """An attempt in its current state."""
    buyback = Buyback.objects.get(pk=buyback_id)
    related = ("card", "purchase", "collector", "environment")
    item = Item.objects.select_related(*related).get(pk=buyback.item_id)
    others = Buyback.objects.filter(item=item).exclude(reference="").exclude(pk=buyback_id)
    return Attempt(buyback, item, treasury=buyback.treasury, submissions=others.count())


def claim(
    *,
    environment: Environment,
    item_id: str,
    by: Actor,
    idempotency_row: int | None,
    now: datetime | None,
    item_pk: int | None = None,
) -> Attempt:
    """Claim the held item for one lease. ``item_pk``: only if it is this row.

    Raises SaleInFlight, SessionActive, ItemNotFound, ItemExpired, TransactionFailed while the
    treasury is paused, or PeerResting while a breaker is open.
    """
    try:
        row = statements.run_durably(
            CLAIM,
            {
                "environment": environment.pk,
                "item_id": item_id,
                "pull": item_pk,
                "requested_by": str(by),
                "now": now,
                "resting": breakers.is_open(),
                "key": idempotency_row,
                "lease": leases.step(),
            },
        )
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable):
            raise SaleInFlight from None
        raise
    if row is None:
        raise ItemNotFound
    refusal, opened, at_work, submissions, *found = row
    if refusal == Item.State.SELLING:
        raise SaleInFlight if at_work else SessionActive(opened)
    if refusal is not None:
        raise REFUSALS[refusal]
    if found[0] is None:  # the key was released, and another request may be selling under it
        raise SaleInFlight
    buyback, item = claimed.rows(environment, item_id, found)
    return Attempt(buyback, item, treasury=treasury.name(), submissions=submissions)


def submit(attempt: Attempt, price: Price, *, now: datetime | None) -> None:
    """Record the payment before the treasury is asked for it.

    Raises TransactionFailed. If a pause or a cap forbids the payment, the item is held again. If
    the claim has expired, nothing changes, because the reconciler ends it.
    """
    reference = _next_reference(attempt) if attempt.treasury else ""
    environment, cap = attempt.item.environment, caps.ONE_SALE
    try:
        row = spending.counting(partial(_submit, attempt, price, reference, now))
    except spending.CapReached as reached:
        row, cap = ("cap_reached", None), reached.scope
    if row is None:  # the claim has expired
        raise TransactionFailed
    refusal, submitted = row
    if refusal is not None:
        if refusal == "cap_reached":
            caps.send_alert(environment, cap, attempt.item.public_id)
        fail(attempt.pk, failure=Failure(FailureCode(refusal)), now=now)
        raise TransactionFailed
    if submitted is None:
        raise Moved(f"buyback {attempt.pk} could be submitted and was not")
    attempt.buyback.reference = reference


def _submit(
    attempt: Attempt, price: Price, reference: str, now: datetime | None, spread: bool
) -> Row | None:
    """The row of ``submit.sql``."""
    parameters = {
        "buyback": attempt.pk,
        "lease_until": attempt.buyback.lease_until,
        "submissions": attempt.submissions,
        "now": now,
        "lease": leases.step(),
        "fmv": price.fmv,
        "priced_at": price.priced_at,
        "amount": price.amount,
        "treasury": attempt.treasury,
        "reference": reference,
        "spread": spread,
    }
    try:
        return statements.run_durably(SUBMIT, parameters | {"show": True})
    except OperationalError as error:
        if not isinstance(error.__cause__, LockNotAvailable):
            raise
    # Another transaction locks the card. Wait for it here, where nothing else is locked.
    show_price(attempt, price)
    return statements.run_durably(SUBMIT, parameters | {"show": False})


def _next_reference(attempt: Attempt) -> str:
    """The treasury's reference for the item's next submission."""
    return reference_of(attempt.item, attempt.submissions + 1)


def reference_of(item: Item, number: int) -> str:
    """The reference of the item's submission with this number.

    It does not depend on anything that a restored database would generate again: after a restore,
    the same sellback is the same payment.
    """
    return f"buyback-{uuid5(item.purchase_id, f'{item.public_id} {number}')}"


def show_price(attempt: Attempt, price: Price) -> None:
    """Show the oracle's price from now on, unless a newer one is shown."""
    cards = Card.objects.filter(pk=attempt.item.card_id, priced_at__lt=price.priced_at)
    cards.update(fmv=price.fmv, priced_at=price.priced_at)


def settle(buyback_id: UUID, *, now: datetime | None) -> Sale:
    """Record that the treasury has paid: sellback, payout and transfer. Repeatable.

    Raises TransactionFailed for a failed sellback: its user holds the item again and the partner
    knows, so the sellback stays failed, and admins get an alert that money has left.
    """
    row = statements.run_durably(SETTLE, {"buyback": buyback_id, "now": now})
    if row is not None:
        return _sale(buyback_id, row)
    with transaction.atomic(durable=True):  # the sellback has already ended
        buyback = lock_attempt(buyback_id)
        if buyback.state != Buyback.State.FAILED:
            return write_settled(buyback, now=now)
        _contradicted(buyback, "paid")
    raise TransactionFailed


def write_settled(buyback: Buyback, *, now: datetime | None) -> Sale:
    """``settle``'s rows, for a caller who holds the attempt's lock and writes more."""
    if buyback.state == Buyback.State.SETTLED:
        payout = Payout.objects.get(buyback=buyback)
        return Sale(buyback.item.public_id, payout.amount, buyback.pk, payout.pk)
    row = statements.run(SETTLE, {"buyback": buyback.pk, "now": now})
    if row is None:
        raise Moved(f"buyback {buyback.pk} or its item has moved since the treasury was asked")
    return _sale(buyback.pk, row)


def _sale(buyback_id: UUID, row: Row) -> Sale:
    """The sale written by the settlement's statement."""
    item_id, amount, payout_id = row
    return Sale(item_id, amount, buyback_id, payout_id)


def fail(buyback_id: UUID, *, failure: Failure, now: datetime | None = None) -> None:
    """End the sellback: the item is held again, and money set aside is released. Repeatable.

    Raises OutcomeUnknown for a sellback that is settled or in review: a later "declined"
    contradicts the earlier response, so it releases no item, and people decide.
    """
    with transaction.atomic(durable=True):
        buyback = lock_attempt(buyback_id)
        if buyback.state == Buyback.State.SETTLED:
            _contradicted(buyback, failure.sentence)
        elif buyback.state not in (Buyback.State.REVIEW, Buyback.State.FAILED):
            write_failed(buyback, failure=failure, now=now)
    if buyback.state in (Buyback.State.REVIEW, Buyback.State.SETTLED):
        raise OutcomeUnknown(buyback_id)


def write_failed(buyback: Buyback, *, failure: Failure, now: datetime | None) -> None:
    """``fail``'s rows, for a caller who holds the attempt's lock and writes more."""
    moment = now or buyback.environment.database_now()
    was_submitted = buyback.submitted_at
    _move(
        buyback,
        Buyback.State.FAILED,
        completed_at=moment,
        lease_until=None,
        **_why(failure),
    )
    _move_item(buyback.item_id, Item.State.SELLING, Item.State.HELD)
    if was_submitted is not None:
        _transfer(buyback, IN_FLIGHT, TREASURY, moment)
        caps.give_back(buyback, was_submitted)
    data = _event_data(buyback) | {"reason": failure.sentence}
    events.record(
        environment=buyback.environment, kind=Event.Type.BUYBACK_FAILED, data=[data], now=moment
    )


def reject_price(attempt: Attempt, *, reason: str, now: datetime | None) -> None:
    """No reliable price: the sellback fails, and admins get an alert."""
    _send_alert(attempt.buyback, Alert.Kind.PRICE_REJECTED, f"{attempt.item.card_id}: {reason}")
    fail(attempt.pk, failure=Failure(FailureCode.PRICE_UNAVAILABLE, reason), now=now)


def park(buyback_id: UUID, *, failure: Failure, now: datetime | None) -> None:
    """The outcome is unknown: leave the sellback open and check it again in 15 seconds."""
    with transaction.atomic(durable=True):
        buyback = lock_attempt(buyback_id)
        moment = now or buyback.environment.database_now()
        if buyback.state == Buyback.State.SUBMITTED:
            _move(
                buyback,
                Buyback.State.UNKNOWN,
                lease_until=moment + PAUSE,
                **_why(failure),
            )
        elif buyback.state == Buyback.State.UNKNOWN:
            Buyback.objects.filter(pk=buyback.pk).update(
                lease_until=moment + PAUSE, **_why(failure)
            )


def send_to_review(buyback_id: UUID, *, failure: Failure, now: datetime | None) -> None:
    """Nobody but people can say what became of it: two of them will."""
    park(buyback_id, failure=failure, now=now)
    with transaction.atomic(durable=True):
        buyback = lock_attempt(buyback_id)
        if buyback.state == Buyback.State.UNKNOWN:
            _move(buyback, Buyback.State.REVIEW, **_why(failure))
            _send_alert(buyback, Alert.Kind.SALE_IN_REVIEW, failure.sentence)
        elif buyback.state in (Buyback.State.SETTLED, Buyback.State.FAILED):
            _contradicted(buyback, failure.sentence)


def take_lease(buyback_id: UUID, *, now: datetime | None, asking: bool = True) -> Attempt | None:
    """The attempt, leased to us; None if it is closed, in review, or leased by another.

    Not ``asking``: also None if it was submitted, because only the treasury knows its outcome.
    """
    with transaction.atomic(durable=True):
        attempt = Buyback.objects.select_related("environment").filter(pk=buyback_id).first()
        if attempt is None:
            return None
        moment = now or attempt.environment.database_now()
        submitted = (Buyback.State.SUBMITTED, Buyback.State.UNKNOWN) if asking else ()
        states = (Buyback.State.CLAIMED, *submitted)
        taken = Buyback.objects.filter(
            pk=buyback_id, state__in=states, lease_until__lte=moment
        ).update(lease_until=moment + leases.step())
    return load(buyback_id) if taken else None


def lock_attempt(buyback_id: UUID) -> Buyback:
    """The attempt's row, locked after its item's, so that all paths lock in the same order."""
    item_id = Buyback.objects.values_list("item_id", flat=True).get(pk=buyback_id)
    Item.objects.select_for_update(no_key=True).get(pk=item_id)
    related = ("environment", "item__collector", "item__pack")
    return (
        Buyback.objects.select_related(*related)
        .select_for_update(of=("self",), no_key=True)
        .get(pk=buyback_id)
    )


class Moved(RuntimeError):
    """A row changed state under our own lock. This is a defect."""


def _why(failure: Failure) -> dict[str, str]:
    """The columns of ``failure``."""
    return {"failure_code": failure.code, "failure_detail": failure.detail[:100]}


def _move(buyback: Buyback, state: Buyback.State, **fields: Any) -> None:
    """Compare and set."""
    if (
        Buyback.objects.filter(pk=buyback.pk, state=buyback.state).update(state=state, **fields)
        != 1
    ):
        raise Moved(f"buyback {buyback.pk} is no longer {buyback.state}")


def _move_item(item_id: int, before: Item.State, after: Item.State, **fields: Any) -> None:
    """Compare and set."""
    if Item.objects.filter(pk=item_id, state=before).update(state=after, **fields) != 1:
        raise Moved(f"item {item_id} is no longer {before}")


def _transfer(
    buyback: Buyback, debit: Transfer.Account, credit: Transfer.Account, now: datetime
) -> None:
    Transfer.objects.create(
        environment=buyback.environment,
        buyback=buyback,
        debit=debit,
        credit=credit,
        amount=_amount(buyback),
        created_at=now,
    )


def _amount(buyback: Buyback) -> Decimal:
    """The submitted amount, which the database guarantees."""
    if buyback.amount is None:
        raise Moved(f"buyback {buyback.pk} has no amount")
    return Decimal(buyback.amount)


def _event_data(buyback: Buyback) -> dict[str, Any]:
    return buyback.item.as_event() | {"buyback_id": str(buyback.pk), "by": buyback.requested_by}


def _send_alert(buyback: Buyback, kind: Alert.Kind, detail: str) -> None:
    """Send an alert about the sellback's item."""
    subject = f"item {buyback.item.public_id}"
    alerts.send(kind=kind, environment=buyback.environment, subject=subject, detail=detail)


def _contradicted(buyback: Buyback, said: str) -> None:
    """The treasury contradicts an earlier response: record it and send an alert."""
    Move.objects.create(
        buyback=buyback, before=buyback.state, after=buyback.state, answer=said[:100]
    )
    ended = buyback.get_state_display().lower()
    if buyback.failure is not None:
        ended = f"{ended}, {buyback.failure.sentence}"
    detail = (
        f"{said}, for {buyback.amount} USD under {buyback.reference}. The sellback had ended "
        f"before: {ended}."
    )
    subject = f"sellback {buyback.pk}"
    alerts.send(
        kind=Alert.Kind.CONTRADICTED,
        environment=buyback.environment,
        subject=subject,
        detail=detail,
    )
