"""The sellback: an item leaves its user and its price is paid, once, or nothing happens.

There are two ways. **Instant** (the sandbox, and live without remote oracle or treasury): one
statement, ``sell_back.sql``, locks, prices, pays and books. **Step by step** (live with a remote
oracle or treasury): claim the item, get its price, record the payment, ask the treasury, record the
outcome. Each step is one short transaction, with no call inside; see ``buyback/live/steps.py``.
Both are protected by the row's lock, updates that are conditional on the state, and unique indexes.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

from django.db import OperationalError, connection, transaction
from psycopg.errors import LockNotAvailable

from buyback.guards import caps
from buyback.live import gateway, leases, steps
from buyback.live.reconciler import conclude, reconcile
from buyback.outcomes import (
    BelowMinimum,
    ItemExpired,
    ItemNotFound,
    PriceChanged,
    Sale,
    SaleInFlight,
    SessionActive,
    TransactionFailed,
)
from buyback.sellback import status
from config.postgres import statements, time_limits
from inventory.models import Item
from partners.models import Environment
from partners.records import spending
from partners.records.actor import Actor
from partners.records.idempotency import Policy, Turn

Row = tuple[Any, ...]
WAITING = statements.read(Path(__file__).with_name("sell_back.sql"))
NOT_WAITING = WAITING.replace("/* wait or NOWAIT */", "NOWAIT")
# How a sellback is carried out under a key. By the time it is refused, it has undone what was to be
# undone. The API's second request does not wait for the first in live, but is refused.
POLICY = Policy(steps=gateway.is_asked, lease=leases.key, waits=lambda _: True, undoes=False)
API_POLICY = replace(POLICY, waits=lambda environment: not environment.is_live)


@dataclass(frozen=True, slots=True)
class SellbackRequest:
    """The arguments of ``sell_back``."""

    environment: Environment
    item_id: str
    item_pk: int | None
    by: Actor
    expected_amount: Decimal | None
    min_amount: Decimal | None
    turn: Turn
    now: datetime | None


def sell_back(
    *,
    environment: Environment,
    item_id: str,
    by: Actor,
    item_pk: int | None = None,
    expected_amount: Decimal | None = None,
    min_amount: Decimal | None = None,
    turn: Turn | None = None,
    now: datetime | None = None,
) -> Sale:
    """Sell back one item at its current price; Phygitals pays.

    ``expected_amount`` is the price shown: at any other, nothing is sold. ``min_amount`` is the
    caller's minimum. ``item_pk`` is the item's row: given, no later pull of the same card is sold
    instead. ``turn`` is the request's turn under its idempotency key: a step-by-step sellback is
    bound to the key, and one that the key has begun before is not begun again. ``now`` defaults to
    the environment's clock (the database's, read under the lock). Amounts are in USD. Raises
    ItemNotFound, ItemExpired, SessionActive, SaleInFlight, PriceChanged, BelowMinimum,
    TransactionFailed: then nothing was sold; and OutcomeUnknown: then the sellback stays open until
    the treasury reports its outcome. Source: contract, section 2.
    """
    turn = turn or Turn()
    if turn.subject is not None:
        return status.outcome(turn.subject, now=now)
    if "\0" in item_id:  # PostgreSQL's text cannot contain NUL
        raise ItemNotFound
    order = SellbackRequest(
        environment, item_id, item_pk, by, expected_amount, min_amount, turn, now
    )
    return _step_by_step(order) if gateway.is_asked(environment) else _at_once(order)


def _at_once(order: SellbackRequest) -> Sale:
    row = _run(
        order,
        environment=order.environment.pk,
        item_id=order.item_id,
        item_pk=order.item_pk,
        requested_by=str(order.by),
        expected_amount=order.expected_amount,
        min_amount=order.min_amount,
        now=order.now,
    )
    if row is None:
        raise ItemNotFound
    state, expired, amount, paused, above_cap, buyback_id, payout_id = row
    if buyback_id is not None:
        return Sale(order.item_id, amount, buyback_id, payout_id)
    if state == Item.State.SELLING:
        raise SessionActive
    if state != Item.State.HELD:
        raise ItemNotFound
    if expired:
        raise ItemExpired
    if above_cap and not paused:
        caps.send_alert(order.environment, caps.ONE_SALE, order.item_id)
    if paused or above_cap or amount <= 0:
        raise TransactionFailed
    _refuse_price(order, amount)
    raise AssertionError("an item that could be sold was not")


def _refuse_price(order: SellbackRequest, amount: Decimal) -> None:
    """Raises BelowMinimum or PriceChanged for a price that the caller does not accept."""
    if order.min_amount is not None and amount < order.min_amount:
        raise BelowMinimum
    if order.expected_amount is not None and amount != order.expected_amount:
        raise PriceChanged(amount)


def _run(order: SellbackRequest, **parameters: Any) -> Row | None:
    """The statement's row or None. Live does not wait for a lock of another sellback."""

    def statement(spread: bool) -> Row | None:
        contained = transaction.atomic() if connection.in_atomic_block else nullcontext()
        with contained:
            found = NOT_WAITING if order.environment.is_live else WAITING
            return statements.run(found, parameters | {"spread": spread})

    try:
        return spending.counting(statement)
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable) and not time_limits.gave_up_waiting(error):
            raise _busy(order) from None
        raise
    except spending.CapReached as cap:
        caps.send_alert(order.environment, cap.scope, order.item_id)
        raise TransactionFailed from None


def _busy(order: SellbackRequest) -> ItemExpired | SaleInFlight:
    """The refusal for a locked item: another sellback, or after the deadline only the sweep."""
    item = Item.objects.of(order.environment).held().filter(public_id=order.item_id).first()
    expired = item is not None and not item.window_is_open(
        order.now or order.environment.database_now()
    )
    return ItemExpired() if expired else SaleInFlight()


def _step_by_step(order: SellbackRequest) -> Sale:
    gateway.refuse_in_transaction()
    attempt = _claim(order)
    try:
        price = gateway.price(attempt.item, attempt.buyback.created_at)
        if price.amount <= 0:
            raise gateway.PriceUnavailable(gateway.Reason.NOT_POSITIVE)
        _refuse_price(order, price.amount)
    except gateway.PriceUnavailable as problem:
        steps.reject_price(attempt, reason=problem.reason, now=order.now)
        raise TransactionFailed from None
    except (BelowMinimum, PriceChanged) as refusal:
        steps.fail(attempt.pk, failure=refusal.failure, now=order.now)
        steps.show_price(attempt, price)  # so that the refused price is shown next time
        raise
    steps.submit(attempt, price, now=order.now)
    sale = conclude(attempt.pk, gateway.pay(attempt, price.amount), now=order.now)
    order.turn.subject = attempt.pk
    return sale


def _claim(order: SellbackRequest) -> steps.Attempt:
    """Claim the item. An earlier attempt without a worker is resolved first."""
    claim = partial(
        steps.claim,
        environment=order.environment,
        item_id=order.item_id,
        item_pk=order.item_pk,
        by=order.by,
        idempotency_row=order.turn.row,
        now=order.now,
    )
    try:
        return claim()
    except SaleInFlight:
        raise _busy(order) from None
    except SessionActive as active:
        if active.buyback_id is None or not reconcile(active.buyback_id, now=order.now):
            raise
    return claim()
