"""Outcomes of a sellback: a sale, or one of the contract's refusals (section 2)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from config.foundation.errors import Refusal


@dataclass(frozen=True, slots=True)
class Sale:
    """A settled sellback. ``amount`` is USD."""

    item_id: str
    amount: Decimal
    buyback_id: UUID
    payout_id: UUID


class ItemNotFound(Refusal):
    """No user of this environment holds such an item."""

    sentence = "Item not found"


class ItemExpired(Refusal):
    """The sellback window has closed; the user still holds the item."""

    sentence = "Item has expired"


class SessionActive(Refusal):
    """An earlier sellback of the item is unresolved, and no request works on it.

    It names that sellback if known.
    """

    sentence = "Item already has an active buyback session"

    def __init__(self, buyback_id: UUID | None = None) -> None:
        super().__init__()
        self.buyback_id = buyback_id


class SaleInFlight(Refusal):
    """Another request is selling back this item right now. Live only; the sandbox waits."""

    sentence = "A buyback request for this item is already being processed"
    status = 429
    retry_after = 1


class TransactionFailed(Refusal):
    """The payment was declined or there was no reliable price: the item is held again."""

    sentence = "Transaction failed"


class PeerResting(TransactionFailed):
    """The oracle or the treasury does not respond, so nothing was started. A retry may succeed."""


class BelowMinimum(Refusal):
    """The price is below the caller's minimum."""

    sentence = "Price below min_amount"
    reason = "below_min_amount"


class PriceChanged(Refusal):
    """The price differs from the expected one. ``amount``: the current price in USD."""

    sentence = "The price has changed"
    reason = "price_changed"

    def __init__(self, amount: Decimal) -> None:
        super().__init__()
        self.amount = amount


class OutcomeUnknown(Refusal):
    """The treasury has not reported the outcome, so the sellback stays open.

    It names that sellback if known.
    """

    status = 500

    def __init__(self, buyback_id: UUID | None = None) -> None:
        super().__init__()
        self.buyback_id = buyback_id
