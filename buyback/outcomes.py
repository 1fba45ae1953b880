"""Outcomes of a sellback: a sale, or a refusal of the contract (section 2), and why it failed."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from config.foundation.codes import Code
from config.foundation.errors import Refusal


@dataclass(frozen=True, slots=True)
class Sale:
    """A settled sellback. ``amount`` is USD."""

    item_id: str
    amount: Decimal
    buyback_id: UUID
    payout_id: UUID


class FailureCode(StrEnum):
    """Why an attempt failed, or why its outcome is not known: ``Buyback.failure_code``."""

    PAUSED = "paused"
    CAP_REACHED = "cap_reached"
    BELOW_MIN_AMOUNT = "below_min_amount"
    PRICE_CHANGED = "price_changed"
    PRICE_UNAVAILABLE = "price_unavailable"
    ABANDONED = "abandoned"
    DECLINED = "declined"
    NOT_PAID = "not_paid"
    OUTCOME_UNKNOWN = "outcome_unknown"
    MISMATCH = "mismatch"
    RETENTION_OVER = "retention_over"
    OTHER = "other"


# As partners read it in the event ``buyback.failed``, and admins in alerts.
FAILURE_SENTENCES = {
    FailureCode.PRICE_UNAVAILABLE: "price: {}",
    FailureCode.ABANDONED: "abandoned before the treasury was asked",
    FailureCode.DECLINED: "declined: {}",
    FailureCode.NOT_PAID: "review: it was not paid",
    FailureCode.OUTCOME_UNKNOWN: "treasury: {}",
    FailureCode.MISMATCH: "mismatch: {}",
    FailureCode.RETENTION_OVER: "past the retention; treasury: {}",
    FailureCode.OTHER: "{}",
}


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an attempt failed or is open; ``detail`` is what the peer said, where one did."""

    code: FailureCode
    detail: str = ""

    @property
    def sentence(self) -> str:
        """The reason as people read it."""
        return FAILURE_SENTENCES.get(self.code, str(self.code)).format(self.detail)


class ItemNotFound(Refusal):
    """No user of this environment holds such an item."""

    code = Code.ITEM_NOT_FOUND
    sentence = "Item not found"


class ItemExpired(Refusal):
    """The sellback window has closed; the user still holds the item."""

    code = Code.ITEM_EXPIRED
    sentence = "Item has expired"


class SessionActive(Refusal):
    """An earlier sellback of the item is unresolved, and no request works on it.

    It names that sellback if known.
    """

    code = Code.SELLBACK_UNRESOLVED
    sentence = "Item already has an active buyback session"

    def __init__(self, buyback_id: UUID | None = None) -> None:
        super().__init__()
        self.buyback_id = buyback_id


class SaleInFlight(Refusal):
    """Another request is selling back this item right now. Live only; the sandbox waits."""

    code = Code.IN_PROGRESS
    sentence = "A buyback request for this item is already being processed"
    status = 429
    retry_after = 1


class TransactionFailed(Refusal):
    """The payment was declined or there was no reliable price: the item is held again."""

    code = Code.TRANSACTION_FAILED
    sentence = "Transaction failed"


class PeerResting(TransactionFailed):
    """The oracle or the treasury does not respond, so nothing was started. A retry may succeed."""

    code = Code.PEER_UNAVAILABLE


class BelowMinimum(Refusal):
    """The price is below the caller's minimum."""

    code = Code.BELOW_MIN_AMOUNT
    sentence = "Price below min_amount"
    failure = Failure(FailureCode.BELOW_MIN_AMOUNT)


class PriceChanged(Refusal):
    """The price differs from the expected one. ``amount``: the current price in USD, if known."""

    code = Code.PRICE_CHANGED
    sentence = "The price has changed"
    failure = Failure(FailureCode.PRICE_CHANGED)

    def __init__(self, amount: Decimal | None = None) -> None:
        super().__init__()
        self.amount = amount


class OutcomeUnknown(Refusal):
    """The treasury has not reported the outcome, so the sellback stays open.

    It names that sellback if known.
    """

    code = Code.OUTCOME_UNKNOWN
    status = 500

    def __init__(self, buyback_id: UUID | None = None) -> None:
        super().__init__()
        self.buyback_id = buyback_id
