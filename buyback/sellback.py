"""The sellback: an item leaves the user's hands and its price is paid, once, for the right amount, or not at all.

One statement does it (``sell_back.sql``, beside this file): it locks the item, reads the clock and the price, and
writes sale, payout, ledger transfer and event. Three guards stand behind one another: the row's lock, the move from
``held`` only, and the database's unique indexes (one settled sale, one payout, one transfer to the user per item).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import OperationalError, connection
from psycopg.errors import LockNotAvailable

from config.errors import Refusal
from inventory.models import Item
from partners.actor import Actor
from partners.models import Environment

WAITING = Path(__file__).with_name("sell_back.sql").read_text(encoding="utf-8")
NOT_WAITING = WAITING.replace("/* wait or NOWAIT */", "NOWAIT")


class ItemNotFound(Refusal):
    """No such item in the hands of one of this environment's users."""

    sentence = "Item not found"


class ItemExpired(Refusal):
    """The sellback window has closed; the item is still owned."""

    sentence = "Item has expired"


class SessionActive(Refusal):
    """An earlier sellback of the item is unresolved."""

    sentence = "Item already has an active buyback session"


class SaleInFlight(Refusal):
    """Another request is selling this item at this very moment (live only; the sandbox waits instead)."""

    sentence = "A buyback request for this item is already being processed"
    status = 429
    retry_after = 1


class PriceChanged(Refusal):
    """The price is no longer the one the caller was shown. ``amount`` is what a sale would pay now, in USD."""

    sentence = "The price has changed"

    def __init__(self, amount: Decimal) -> None:
        super().__init__()
        self.amount = amount


@dataclass(frozen=True, slots=True)
class Sale:
    """A settled sellback. ``amount`` is USD."""

    item_id: str
    amount: Decimal
    buyback_id: UUID
    payout_id: UUID


def sell_back(
    *,
    environment: Environment,
    item_id: str,
    by: Actor,
    expected_amount: Decimal | None = None,
    now: datetime | None = None,
) -> Sale:
    """Sell one item back, at once, at its price of this moment; Phygitals pays.

    ``expected_amount`` is the price somebody was shown: at any other, nothing is sold. ``now`` is the environment's
    clock (the database's, read under the lock) unless given. Raises ItemNotFound, ItemExpired, SessionActive,
    SaleInFlight, PriceChanged; then nothing was changed. Source: contract, section 2.
    """
    row = _run(environment, item_id, by, expected_amount, now)
    if row is None:
        raise ItemNotFound
    state, expired, amount, buyback_id, payout_id = row
    if buyback_id is not None:
        return Sale(item_id, amount, buyback_id, payout_id)
    if state == Item.State.SELLING:
        raise SessionActive
    if state != Item.State.HELD:
        raise ItemNotFound
    if expired:
        raise ItemExpired
    raise PriceChanged(amount)


def _run(
    environment: Environment, item_id: str, by: Actor, expected_amount: Decimal | None, now: datetime | None
) -> tuple[Any, ...] | None:
    """The statement's one row, or None. Live does not wait for a lock that another sale holds."""
    if "\0" in item_id:  # no id holds one, and PostgreSQL's text cannot
        return None
    parameters: dict[str, Any] = {
        "environment": environment.pk,
        "item_id": item_id,
        "requested_by": str(by),
        "expected_amount": expected_amount,
        "now": now,
    }
    try:
        with connection.cursor() as cursor:
            cursor.execute(NOT_WAITING if environment.is_live else WAITING, parameters)
            row: tuple[Any, ...] | None = cursor.fetchone()
            return row
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable):
            raise SaleInFlight from None
        raise
