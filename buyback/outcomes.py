"""What a sellback can come to: a sale, or one of the contract's refusals (section 2)."""

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
    """No such item in the hands of one of this environment's users."""

    sentence = "Item not found"


class ItemExpired(Refusal):
    """The sellback window has closed; the item is still owned."""

    sentence = "Item has expired"


class SessionActive(Refusal):
    """An earlier sellback of the item is unresolved, and no request is working on it. Names it
    where it is known.
    """

    sentence = "Item already has an active buyback session"

    def __init__(self, buyback_id: UUID | None = None) -> None:
        super().__init__()
        self.buyback_id = buyback_id


class SaleInFlight(Refusal):
    """Another request is selling this item at this very moment (live only; the sandbox waits
    instead).
    """

    sentence = "A buyback request for this item is already being processed"
    status = 429
    retry_after = 1


class TransactionFailed(Refusal):
    """The settlement was declined, or no trustworthy price could be had: nothing moved, the item is
    held again.
    """

    sentence = "Transaction failed"


class PeerResting(TransactionFailed):
    """The oracle or the treasury has not been answering, so nothing was begun: another try may well
    sell.
    """


class BelowMinimum(Refusal):
    """The price has fallen below what the caller would accept."""

    sentence = "Price below min_amount"
    reason = "below_min_amount"


class PriceChanged(Refusal):
    """The price is no longer the one the caller was shown. ``amount`` is what a sale would pay now,
    in USD.
    """

    sentence = "The price has changed"
    reason = "price_changed"

    def __init__(self, amount: Decimal) -> None:
        super().__init__()
        self.amount = amount


class OutcomeUnknown(Refusal):
    """The treasury was asked and has not said what became of it: the sale stays open until it does.
    Names it where it is known.
    """

    status = 500

    def __init__(self, buyback_id: UUID | None = None) -> None:
        super().__init__()
        self.buyback_id = buyback_id
