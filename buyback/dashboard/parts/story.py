"""A sellback in words: timeline, reason of a failure with the next step, and price formula."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from buyback.models import Buyback, Move, Payout, Transfer
from buyback.outcomes import FailureCode
from buyback.sellback.story import Beginning, after_the_end, story
from config.foundation.money import percent, usd
from partners.templatetags.dashboard import actor

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

State = Buyback.State


@dataclass(frozen=True, slots=True)
class Line:
    """One event: time (UTC), title, detail and tone (good, warn, bad or none)."""

    at: datetime
    text: StrOrPromise
    more: StrOrPromise = ""
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Why:
    """Why a sellback is not paid, and what to do next."""

    sentence: StrOrPromise
    next_step: StrOrPromise


TRY_AGAIN = _("Try again in a few minutes.")
ASK_US = _("If it happens again, send your contact at Phygitals the sellback id.")
AGAIN_OR_ASK = format_lazy("{} {}", TRY_AGAIN, ASK_US)
WAIT = _(
    "There is nothing to do: it is checked every 15 seconds, and the item is never paid for twice."
)
FAILED: dict[str, Why] = {
    FailureCode.PAUSED: Why(
        _("Phygitals had paused sellbacks."), _("Try again when they are running.")
    ),
    FailureCode.CAP_REACHED: Why(
        _("A spending limit of the treasury was reached."),
        _(
            "Try again later: limits are per hour or per day. Your contact at Phygitals can "
            "tell which."
        ),
    ),
    FailureCode.BELOW_MIN_AMOUNT: Why(
        _("The price was below your server's minimum (min_amount)."),
        _("Get a new quote, and sell back with a lower min_amount if the user agrees."),
    ),
    FailureCode.PRICE_CHANGED: Why(
        _("The price had changed."),
        _("Sell back again at the new price."),
    ),
    FailureCode.ABANDONED: Why(
        _("The request was interrupted before any payment was requested."), _("Sell back again.")
    ),
    FailureCode.NOT_PAID: Why(
        _("Two people at Phygitals reviewed it: it was not paid."), _("Sell back again.")
    ),
    FailureCode.DECLINED: Why(_("The treasury declined to pay."), ASK_US),
}
NOT_PAID = Why(_("It could not be paid."), ASK_US)
PRICES = {
    "timeout": Why(_("The market price did not arrive in time."), TRY_AGAIN),
    "unreachable": Why(_("The source of market prices could not be reached."), TRY_AGAIN),
    "bad_status": Why(_("The source of market prices had no price for the card."), AGAIN_OR_ASK),
    "stale": Why(_("The card's latest market price was too old."), TRY_AGAIN),
    "not_positive": Why(_("The card's market price was invalid."), ASK_US),
    "out_of_bounds": Why(_("The card's market price was invalid."), ASK_US),
    "moved_too_far": Why(_("The market price had changed by more than the allowed limit."), ASK_US),
}
NO_TRUST = Why(_("The market price was not reliable."), AGAIN_OR_ASK)
OPEN = {
    State.CLAIMED: Why(_("The sellback has started. No payment has been requested yet."), WAIT),
    State.SUBMITTED: Why(_("The payment has been requested from the treasury."), WAIT),
    State.UNKNOWN: Why(_("The treasury has not confirmed the payment yet."), WAIT),
    State.REVIEW: Why(
        _(
            "The treasury can no longer say whether it paid, so two people at Phygitals are "
            "into it."
        ),
        _("There is nothing to do. Until they decide, the item can neither be sold nor shipped."),
    ),
}


def why(sale: Buyback) -> Why | None:
    """Why this sellback is not paid, or None."""
    return (
        reason(sale.failure_code, sale.failure_detail)
        if sale.state == State.FAILED
        else OPEN.get(State(sale.state))
    )


def reason(code: str, detail: str = "") -> Why:
    """Why a sellback failed, by its code and what the peer said."""
    if code == FailureCode.PRICE_UNAVAILABLE:
        return PRICES.get(detail, NO_TRUST)
    known = FAILED.get(code, NOT_PAID)
    if code == FailureCode.DECLINED and detail:
        return Why(
            gettext("The treasury declined to pay: %(why)s.") % {"why": detail}, known.next_step
        )
    return known


def context(sale: Buyback) -> dict[str, Any]:
    """The shared context of the pages of a sellback and a payout. Two queries."""
    events = story(sale)
    lines = [line for event in events for line in _lines(sale, event)]
    return {
        "buyback": sale,
        "why": why(sale),
        "steps": sorted([_pulled(sale), *lines], key=lambda line: line.at),
        "transfers": [event for event in events if isinstance(event, Transfer)],
        "formula": formula(sale),
    }


def formula(sale: Buyback) -> str:
    """How the amount was calculated, in a sentence; empty for a sellback without a price."""
    if sale.amount is None or sale.fmv is None:
        return ""
    if not sale.voucher:
        sentence = gettext("%(share)s of %(value)s, rounded half up to the cent, is %(amount)s.")
    elif sale.amount == sale.mint_price:
        sentence = gettext(
            "Bought with a voucher: at least the pull's price of %(pull)s, which is not less than "
            "%(share)s of "
            "%(value)s, rounded half up to the cent."
        )
    else:
        sentence = gettext(
            "%(share)s of %(value)s, rounded half up to the cent, is %(amount)s, more than the "
            "pull's price of %(pull)s"
            " that a voucher guarantees."
        )
    amounts = {"value": usd(sale.fmv), "amount": usd(sale.amount), "pull": usd(sale.mint_price)}
    return sentence % {"share": percent(sale.buyback_percent), **amounts}


def _pulled(sale: Buyback) -> Line:
    whence = {"user": sale.item.collector.user_id, "pack": sale.item.pack.name}
    text = gettext("By %(user)s, from %(pack)s") % whence
    return Line(sale.item.purchased_at, _("Pulled"), text)


def _lines(sale: Buyback, event: Beginning | Move | Transfer | Payout) -> Iterator[Line]:
    match event:
        case Beginning():
            asked = gettext("Requested by %(who)s") % {"who": actor(event.by)}
            kept = gettext("%(asked)s. The item is reserved for this sellback") % {"asked": asked}
            if event.instant:
                yield Line(event.created_at, _("Sold back instantly"), asked)
            else:
                yield Line(event.created_at, _("Claimed"), kept)
        case Move() if not after_the_end(event):  # contradictions concern only us and the treasury
            yield from _moved(sale, event)
        case Transfer(debit=Transfer.Account.PAID_OUT):
            # Two people at Phygitals recorded it. Sellback and payout stay as they were.
            amount = {"amount": usd(event.amount)}
            more = gettext("%(amount)s of the payout was recovered") % amount
            yield Line(event.created_at, _("Recovered by Phygitals"), more, "warn")
        case Payout() if event.paid_at:
            yield Line(event.paid_at, _("Paid to the user"), usd(event.amount), "good")


def _moved(sale: Buyback, move: Move) -> Iterator[Line]:
    """A state change. The final one has the sellback's own time, as in statements."""
    at = move.created_at
    if move.after == State.SUBMITTED:
        more = gettext("Priced at %(amount)s. The payment was requested")
        yield Line(at, _("Submitted"), more % {"amount": usd(sale.amount)})
    elif move.after == State.UNKNOWN and move.before == move.after:
        yield Line(at, gettext("Checked again: payment still not confirmed"), tone="warn")
    elif move.after == State.UNKNOWN:
        yield Line(at, _("Outcome unknown: payment not confirmed"), tone="warn")
    elif move.after == State.REVIEW:
        yield Line(at, _("In review by two people at Phygitals"), tone="warn")
    elif move.after == State.SETTLED:
        yield Line(sale.completed_at or at, _("Settled"), _("The treasury has paid"), "good")
    elif move.after == State.FAILED:
        sentence = reason(sale.failure_code, sale.failure_detail).sentence
        yield Line(sale.completed_at or at, _("Failed"), sentence, "bad")
