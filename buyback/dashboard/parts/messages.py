"""Why something was not sold, as a person reads it: a title, a sentence, and what to do next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from buyback.models import BulkLine
from buyback.outcomes import (
    OutcomeUnknown,
    SaleInFlight,
    SessionActive,
)
from config.foundation.codes import Code
from partners.dashboard.permissions import Obstacle
from partners.records.idempotency import KeyInProgress

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True)
class Words:
    """An obstacle whose sentence names the user."""

    title: StrOrPromise
    sentence: StrOrPromise
    next_step: StrOrPromise
    status: int = 422

    def about(self, user_id: str) -> Obstacle:
        """The obstacle to a sale of this user's item."""
        return Obstacle(self.title, self.sentence.format(user=user_id), self.next_step, self.status)


NO_PRICE = Words(
    _("There is no price right now"),
    _(
        "The pricing service has no price for this card that could be trusted, so it cannot be "
        "sold at this moment. "
        "{user} still holds the card."
    ),
    _("Try again in a few minutes."),
)
FAILED = Words(
    _("Nothing was sold"),
    _("The sale did not go through: nothing was paid, and {user} still holds the card."),
    _("Try again in a few minutes. If it keeps failing, ask your contact at Phygitals."),
)
# The contract's refusals, by their code.
REFUSALS: dict[str, Words] = {
    Code.ITEM_EXPIRED: Words(
        _("The sellback window has closed"),
        _("Its window has closed, so it can no longer be sold back. {user} still owns the card."),
        _("It stays in the inventory, and can still be shipped."),
    ),
    Code.ITEM_NOT_FOUND: Words(
        _("This item cannot be sold"),
        _("{user} no longer holds it: it may have gone into a shipping order."),
        _("Reload the inventory to see."),
    ),
    Code.TRANSACTION_FAILED: FAILED,
    Code.PEER_UNAVAILABLE: FAILED,
}
WAITS = (SessionActive, SaleInFlight, KeyInProgress, OutcomeUnknown)
IN_PROGRESS: dict[str, Words] = {
    Code.SELLBACK_UNRESOLVED: Words(
        _("A sale is in progress"),
        _("An earlier sellback of this item has no outcome yet, so no second one can start."),
        _("It resolves by itself, mostly within a minute."),
    ),
    Code.IN_PROGRESS: Words(
        _("A sale is in progress"),
        _("A request is selling this very item at this moment. It can only ever be paid once."),
        _("It takes a few seconds."),
        429,
    ),
    Code.IDEMPOTENCY_KEY_IN_PROGRESS: Words(
        _("The sale is in progress"),
        _("Your sale of this item is on its way. It can only ever be paid once."),
        _("It takes a few seconds."),
        202,
    ),
    Code.OUTCOME_UNKNOWN: Words(
        _("The sale is in progress"),
        _("The payment was asked for and is not confirmed yet. It can only ever be paid once."),
        _(
            "It resolves by itself, mostly within a minute: a payout appears, or the card "
            "can be "
            "sold again."
        ),
        202,
    ),
}
# What a line of a bulk sale says of itself.
LINE_REASONS = {
    BulkLine.Reason.EXPIRED: _("Its window had closed. The user still owns it."),
    BulkLine.Reason.NOT_FOUND: _(
        "It was no longer in the user's hands: sold back meanwhile, or in a shipping order."
    ),
    BulkLine.Reason.IN_PROGRESS: _(
        "An earlier sale of it had no outcome yet. Try again in a minute."
    ),
    BulkLine.Reason.FAILED: _(
        "The sale did not go through: nothing was paid, the user still holds it. Try again later."
    ),
    BulkLine.Reason.PRICE_CHANGED: _(
        "The price was no longer the one shown, so it was not sold. Look at the new price."
    ),
}
# Why a quote is none (``buyback/sellback/quotes.py``).
QUOTE_REASONS = {
    "not_found": _("No longer in the user's hands"),
    "expired": _("The window has closed"),
    "in_progress": _("A sale is in progress"),
    "price_unavailable": _("No price that could be trusted right now"),
}
