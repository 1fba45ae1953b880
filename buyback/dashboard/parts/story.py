"""A sellback in words: what happened when, why it failed and what to do next, and how its amount
came about.
"""

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
from partners.templatetags.dashboard import actor, percent, usd

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

State = Buyback.State


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened: when (UTC), in words, more of it, and its tone (good, warn, bad or
    none).
    """

    at: datetime
    text: StrOrPromise
    more: StrOrPromise = ""
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Why:
    """Why a sellback is not paid: a sentence, and what to do next."""

    sentence: StrOrPromise
    next_step: StrOrPromise


TRY_AGAIN = _("Try again in a few minutes.")
ASK_US = _("If it happens again, tell your contact at Phygitals the buyback's id.")
AGAIN_OR_ASK = format_lazy("{} {}", TRY_AGAIN, ASK_US)
WAIT = _(
    "There is nothing to do: it is asked about every 15 seconds, and the item is never paid "
    "for "
    "twice."
)
FAILED: dict[str, Why] = {
    FailureCode.PAUSED: Why(
        _("Phygitals had paused sellbacks just then."), _("Try again once they run.")
    ),
    FailureCode.CAP_REACHED: Why(
        _("A spending limit of Phygitals' treasury was reached."),
        _(
            "Try again later: limits are for an hour or a day. Your contact at Phygitals can "
            "tell which."
        ),
    ),
    FailureCode.BELOW_MIN_AMOUNT: Why(
        _("The price had fallen below the least that your server accepts (min_amount)."),
        _("Ask for a new quote, and sell again with a lower min_amount if the user agrees."),
    ),
    FailureCode.PRICE_CHANGED: Why(
        _("The price was no longer the one that was shown."),
        _("Sell back again, at the price of then."),
    ),
    FailureCode.ABANDONED: Why(
        _("The request broke off before any money was asked for."), _("Sell back again.")
    ),
    FailureCode.NOT_PAID: Why(
        _("Two people at Phygitals looked into it: it had not been paid."), _("Sell back again.")
    ),
    FailureCode.DECLINED: Why(_("The treasury declined to pay."), ASK_US),
}
NOT_PAID = Why(_("It could not be paid."), ASK_US)
PRICES = {
    "timeout": Why(_("No market price could be had in time."), TRY_AGAIN),
    "unreachable": Why(_("The source of market prices could not be reached."), TRY_AGAIN),
    "bad_status": Why(_("The source of market prices had no price for the card."), AGAIN_OR_ASK),
    "stale": Why(_("The card's last market price was too old to pay by."), TRY_AGAIN),
    "not_positive": Why(_("The card's market price was nothing that could be paid."), ASK_US),
    "out_of_bounds": Why(_("The card's market price was nothing that could be paid."), ASK_US),
    "moved_too_far": Why(
        _("The market price had moved further than is paid without a look."), ASK_US
    ),
}
NO_TRUST = Why(_("The market price that was told could not be trusted."), AGAIN_OR_ASK)
OPEN = {
    State.CLAIMED: Why(_("The sellback has begun and no money has been asked for yet."), WAIT),
    State.SUBMITTED: Why(_("The treasury is being asked to pay."), WAIT),
    State.UNKNOWN: Why(_("The treasury has not said yet whether it paid."), WAIT),
    State.REVIEW: Why(
        _(
            "The treasury can no longer say whether it paid, so two people at Phygitals look "
            "into it."
        ),
        _(
            "There is nothing to do. Until they have decided, the item can neither be sold nor "
            "shipped."
        ),
    ),
}


def why(sale: Buyback) -> Why | None:
    """Why this sellback is not paid, if it is not."""
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


def context(sale: Buyback, payout: Payout | None) -> dict[str, Any]:
    """What the pages of a buyback and of a payout share. Two queries."""
    transfers = list(sale.transfers.order_by("created_at", "id"))
    return {
        "buyback": sale,
        "why": why(sale),
        "steps": sorted([*_steps(sale, payout), *_taken_back(transfers)], key=lambda step: step.at),
        "transfers": transfers,
        "formula": formula(sale),
    }


def formula(sale: Buyback) -> str:
    """How the amount was computed, as one reads it aloud; nothing for a sale that was never
    priced.
    """
    if sale.amount is None or sale.fmv is None:
        return ""
    if not sale.voucher:
        sentence = gettext("%(share)s of %(value)s, rounded half up to the cent, is %(amount)s.")
    elif sale.amount == sale.mint_price:
        sentence = gettext(
            "Bought with a voucher: at least the pull's price of %(pull)s, which is no less than "
            "%(share)s of "
            "%(value)s, rounded half up to the cent."
        )
    else:
        sentence = gettext(
            "%(share)s of %(value)s, rounded half up to the cent, is %(amount)s: more than the "
            "pull's price of %(pull)s"
            " that a voucher ensures."
        )
    amounts = {"value": usd(sale.fmv), "amount": usd(sale.amount), "pull": usd(sale.mint_price)}
    return sentence % {"share": percent(sale.buyback_percent), **amounts}


def _steps(sale: Buyback, payout: Payout | None) -> Iterator[Step]:
    whence = {"user": sale.item.collector.user_id, "pack": sale.item.pack.name}
    yield Step(sale.item.purchased_at, _("Pulled"), gettext("By %(user)s, from %(pack)s") % whence)
    asked = gettext("Asked for by %(who)s") % {"who": actor(sale.requested_by)}
    ended = (
        State.SETTLED,
        State.FAILED,
    )  # what is said of a sale after its end is between us and the treasury
    moves = list(sale.moves.exclude(before__in=ended).order_by("id"))
    if not moves and sale.state == State.SETTLED:
        yield Step(sale.created_at, _("Sold back at once"), asked)
    else:
        kept = gettext("%(asked)s; the item is kept for this sellback") % {"asked": asked}
        yield Step(sale.created_at, _("Claimed"), kept)
    for move in moves:
        yield from _steps_of(sale, move)
    if payout is not None and payout.paid_at:
        yield Step(payout.paid_at, _("Paid to the user"), usd(payout.amount), "good")


def _taken_back(transfers: list[Transfer]) -> Iterator[Step]:
    """Money that two people at Phygitals have said was recovered: sale and payout stay as they
    were.
    """
    for line in transfers:
        if line.debit == Transfer.Account.PAID_OUT:
            more = gettext("%(amount)s of the payout came back") % {"amount": usd(line.amount)}
            yield Step(line.created_at, _("Recovered by Phygitals"), more, "warn")


def _steps_of(sale: Buyback, move: Move) -> Iterator[Step]:
    """A move of the sale in words. Its end carries the sale's own time, by which statements count
    it.
    """
    if move.after == State.SUBMITTED:
        more = gettext("Priced at %(amount)s, and the treasury was asked to pay it") % {
            "amount": usd(sale.amount)
        }
        yield Step(move.created_at, _("Submitted"), more)
    elif move.after == State.UNKNOWN:
        again = move.before == move.after
        still = gettext("Asked again: still no answer whether it was paid")
        yield Step(
            move.created_at,
            still if again else _("Outcome unknown: no answer whether it was paid"),
            tone="warn",
        )
    elif move.after == State.REVIEW:
        yield Step(move.created_at, _("Given to two people at Phygitals to look into"), tone="warn")
    elif move.after == State.SETTLED:
        yield Step(
            sale.completed_at or move.created_at, _("Settled"), _("The treasury has paid"), "good"
        )
    elif move.after == State.FAILED:
        yield Step(
            sale.completed_at or move.created_at,
            _("Failed"),
            reason(sale.failure_code, sale.failure_detail).sentence,
            "bad",
        )
