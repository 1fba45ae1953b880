"""The sellback: an item leaves the user's hands and its price is paid, once, for the right amount, or not at all.

Two ways, one promise. **At once** (the sandbox, and live while no remote oracle or treasury is configured): one
statement, ``sell_back.sql``, beside this file, locks, prices, pays and books. **Step by step** (live, with a remote oracle
or treasury): claim the item, ask for its price, write down what will be paid, ask the treasury, write down what became
of it. Each step is one short transaction, and nothing is asked of anybody while one is open; the steps are
``attempts.py``. Behind both stand the row's lock, the move from one state only, and the database's unique indexes.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.db import IntegrityError, OperationalError, connection
from psycopg.errors import LockNotAvailable

from buyback import attempts, outside
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
from buyback.reconciler import conclude, reconcile
from inventory.models import Item
from partners.actor import Actor
from partners.models import Environment

WAITING = Path(__file__).with_name("sell_back.sql").read_text(encoding="utf-8")
NOT_WAITING = WAITING.replace("/* wait or NOWAIT */", "NOWAIT")
CAP = "buyback_spend_within_cap"


def sell_back(
    *,
    environment: Environment,
    item_id: str,
    by: Actor,
    expected_amount: Decimal | None = None,
    min_amount: Decimal | None = None,
    key: int | None = None,
    now: datetime | None = None,
) -> Sale:
    """Sell one item back, at its price of this moment; Phygitals pays.

    ``expected_amount`` is the price somebody was shown: at any other, nothing is sold. ``min_amount`` is the least the
    caller accepts. ``key`` is the idempotency key's row that a step-by-step sale is bound to. ``now`` is the environment's
    clock (the database's, read under the lock) unless given. Amounts are USD. Raises ItemNotFound, ItemExpired,
    SessionActive, SaleInFlight, PriceChanged, BelowMinimum, TransactionFailed: then nothing was sold; and
    OutcomeUnknown: then the sale stays open until the treasury has said what became of it. Source: contract, section 2.
    """
    if "\0" in item_id:  # no id holds one, and PostgreSQL's text cannot
        raise ItemNotFound
    if outside.is_asked(environment):
        return _step_by_step(environment, item_id, by, expected_amount, min_amount, key, now)
    return _at_once(environment, item_id, by, expected_amount, min_amount, now)


def _at_once(
    environment: Environment,
    item_id: str,
    by: Actor,
    expected_amount: Decimal | None,
    min_amount: Decimal | None,
    now: datetime | None,
) -> Sale:
    row = _run(
        NOT_WAITING if environment.is_live else WAITING,
        environment=environment.pk,
        item_id=item_id,
        requested_by=str(by),
        expected_amount=expected_amount,
        min_amount=min_amount,
        now=now,
    )
    if row is None:
        raise ItemNotFound
    state, expired, amount, declined, buyback_id, payout_id = row
    if buyback_id is not None:
        return Sale(item_id, amount, buyback_id, payout_id)
    if state == Item.State.SELLING:
        raise SessionActive
    if state != Item.State.HELD:
        raise ItemNotFound
    if expired:
        raise ItemExpired
    if declined:
        raise TransactionFailed
    raise BelowMinimum if min_amount is not None and amount < min_amount else PriceChanged(amount)


def _run(statement: str, **parameters: Any) -> tuple[Any, ...] | None:
    """The statement's one row, or None. Live does not wait for a lock that another sale holds."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            row: tuple[Any, ...] | None = cursor.fetchone()
            return row
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable):
            raise SaleInFlight from None
        raise
    except IntegrityError as error:
        if CAP in str(error):
            raise TransactionFailed from None
        raise


def _step_by_step(
    environment: Environment,
    item_id: str,
    by: Actor,
    expected_amount: Decimal | None,
    min_amount: Decimal | None,
    key: int | None,
    now: datetime | None,
) -> Sale:
    outside.refuse_in_transaction()
    outside.refuse_if_broken()
    attempt = _claim(environment, item_id, by, key, now)
    try:
        price = outside.price(attempt.item, now or environment.database_now())
    except outside.PriceUnavailable as problem:
        attempts.reject_price(attempt, reason=problem.reason, now=now)
        raise TransactionFailed from None
    if min_amount is not None and price.amount < min_amount:
        attempts.fail(attempt.pk, reason=BelowMinimum.reason, now=now)
        raise BelowMinimum
    if expected_amount is not None and price.amount != expected_amount:
        attempts.fail(attempt.pk, reason=PriceChanged.reason, now=now)
        raise PriceChanged(price.amount)
    attempts.submit(attempt, price, now=now)
    return conclude(attempt.pk, outside.pay(attempt, price.amount), now=now)


def _claim(
    environment: Environment, item_id: str, by: Actor, key: int | None, now: datetime | None
) -> attempts.Attempt:
    """The item, claimed. An earlier attempt that nobody works on any more is brought to its end first."""
    try:
        return attempts.claim(environment=environment, item_id=item_id, by=by, key=key, now=now)
    except SessionActive as active:
        if active.buyback_id is None or not reconcile(active.buyback_id, now=now):
            raise
    return attempts.claim(environment=environment, item_id=item_id, by=by, key=key, now=now)
