"""Refusals for people: a title, a sentence, and what to do next."""

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
    """A refusal whose sentence names the user."""

    title: StrOrPromise
    sentence: StrOrPromise
    next_step: StrOrPromise
    status: int = 422

    def about(self, user_id: str) -> Obstacle:
        """The refusal for this user's item."""
        return Obstacle(self.title, self.sentence.format(user=user_id), self.next_step, self.status)


NO_PRICE = Words(
    _("There is no price right now"),
    _(
        "The pricing service has no reliable price for this card, so it cannot be "
        "sold back right now. "
        "{user} still holds the card."
    ),
    _("Try again in a few minutes."),
)
FAILED = Words(
    _("Nothing was sold"),
    _("The sellback failed. Nothing was paid, and {user} still holds the card."),
    _("Try again in a few minutes. If it keeps failing, ask your contact at Phygitals."),
)
# The contract's refusals, by their code.
REFUSALS: dict[str, Words] = {
    Code.ITEM_EXPIRED: Words(
        _("The sellback window has closed"),
        _("Its window has closed, so it can no longer be sold back. {user} still holds the card."),
        _("It stays in the inventory, and can still be shipped."),
    ),
    Code.ITEM_NOT_FOUND: Words(
        _("This item cannot be sold back"),
        _("{user} no longer holds it. It may be in a shipping order."),
        _("Reload the inventory."),
    ),
    Code.TRANSACTION_FAILED: FAILED,
    Code.PEER_UNAVAILABLE: FAILED,
}
WAITS = (SessionActive, SaleInFlight, KeyInProgress, OutcomeUnknown)
IN_PROGRESS: dict[str, Words] = {
    Code.SELLBACK_UNRESOLVED: Words(
        _("A sellback is in progress"),
        _("An earlier sellback of this item has no outcome yet, so no second one can start."),
        _("This resolves automatically, usually within a minute."),
    ),
    Code.IN_PROGRESS: Words(
        _("A sellback is in progress"),
        _("Another request is selling back this item right now. It is never paid for twice."),
        _("It takes a few seconds."),
        429,
    ),
    Code.IDEMPOTENCY_KEY_IN_PROGRESS: Words(
        _("The sellback is in progress"),
        _("Your sellback of this item is running. It is never paid for twice."),
        _("It takes a few seconds."),
        202,
    ),
    Code.OUTCOME_UNKNOWN: Words(
        _("The sellback is in progress"),
        _("The payment was requested and is not confirmed yet. It is never paid for twice."),
        _(
            "This resolves automatically, usually within a minute: a payout appears, or the card "
            "can be "
            "sold again."
        ),
        202,
    ),
}
# Sentences for the lines of a bulk sellback.
LINE_REASONS = {
    BulkLine.Reason.EXPIRED: _("Its window had closed. The user still holds it."),
    BulkLine.Reason.NOT_FOUND: _(
        "The user no longer held it: it was sold back or is in a shipping order."
    ),
    BulkLine.Reason.IN_PROGRESS: _(
        "An earlier sellback of it had no outcome yet. Try again in a minute."
    ),
    BulkLine.Reason.FAILED: _(
        "The sellback failed. Nothing was paid, and the user still holds it. Try again later."
    ),
    BulkLine.Reason.PRICE_CHANGED: _(
        "The price had changed, so it was not sold. Check the new price."
    ),
}
# Sentences for quotes without a price (``buyback/sellback/quotes.py``).
QUOTE_REASONS = {
    "not_found": _("No longer held by the user"),
    "expired": _("The window has closed"),
    "in_progress": _("A sellback is in progress"),
    "price_unavailable": _("No reliable price right now"),
}
