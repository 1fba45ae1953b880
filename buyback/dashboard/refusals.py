"""Why something was not sold, as a person reads it: a title, a sentence, and what to do next."""

from __future__ import annotations

from dataclasses import dataclass

from buyback.models import BulkLine
from buyback.outcomes import (
    ItemExpired,
    ItemNotFound,
    OutcomeUnknown,
    SaleInFlight,
    SessionActive,
    TransactionFailed,
)
from partners.dashboard.access import Obstacle
from partners.idempotency import KeyInProgress


@dataclass(frozen=True)
class Words:
    """An obstacle whose sentence names the user."""

    title: str
    sentence: str
    next_step: str
    status: int = 422

    def about(self, user_id: str) -> Obstacle:
        """The obstacle to a sale of this user's item."""
        return Obstacle(self.title, self.sentence.format(user=user_id), self.next_step, self.status)


NO_PRICE = Words(
    "There is no price right now",
    "The pricing service has no price for this card that could be trusted, so it cannot be sold at this moment. {user} "
    "still holds the card.",
    "Try again in a few minutes.",
)
# The contract's refusals, by their sentence: a kept answer has no more than that.
REFUSALS = {
    ItemExpired.sentence: Words(
        "The sellback window has closed",
        "Its window has closed, so it can no longer be sold back. {user} still owns the card.",
        "It stays in the inventory.",
    ),
    ItemNotFound.sentence: Words(
        "This item cannot be sold",
        "{user} no longer holds it: it may have gone into a shipping order.",
        "Reload the inventory to see.",
    ),
    TransactionFailed.sentence: Words(
        "Nothing was sold",
        "The sale did not go through: nothing was paid, and {user} still holds the card.",
        "Try again in a few minutes. If it keeps failing, ask your contact at Phygitals.",
    ),
}
WAITS = (SessionActive, SaleInFlight, KeyInProgress, OutcomeUnknown)
IN_PROGRESS = {
    SessionActive.sentence: Words(
        "A sale is in progress",
        "An earlier sellback of this item has no outcome yet, so no second one can start.",
        "It resolves by itself, mostly within a minute.",
    ),
    SaleInFlight.sentence: Words(
        "A sale is in progress",
        "A request is selling this very item at this moment. It can only ever be paid once.",
        "It takes a few seconds.",
        429,
    ),
    KeyInProgress.sentence: Words(
        "The sale is in progress",
        "Your sale of this item is on its way. It can only ever be paid once.",
        "It takes a few seconds.",
        202,
    ),
    OutcomeUnknown.sentence: Words(
        "The sale is in progress",
        "The payment was asked for and is not confirmed yet. It can only ever be paid once.",
        "It resolves by itself, mostly within a minute: a payout appears, or the card can be sold again.",
        202,
    ),
}
# What a line of a bulk sale says of itself.
LINE_REASONS = {
    BulkLine.Reason.EXPIRED: "Its window had closed. The user still owns it.",
    BulkLine.Reason.NOT_FOUND: "It was no longer in the user's hands: sold back meanwhile, or in a shipping order.",
    BulkLine.Reason.IN_PROGRESS: "An earlier sale of it had no outcome yet. Try again in a minute.",
    BulkLine.Reason.FAILED: "The sale did not go through: nothing was paid, the user still holds it. Try again later.",
    BulkLine.Reason.PRICE_CHANGED: "The price was no longer the one shown, so it was not sold. Look at the new price.",
}
# Why a quote is none (``buyback/quotes.py``).
QUOTE_REASONS = {
    "not_found": "No longer in the user's hands",
    "expired": "The window has closed",
    "in_progress": "A sale is in progress",
    "price_unavailable": "No price that could be trusted right now",
}
