"""A sellback in words: what happened when, why it failed and what to do next, and how its amount came about."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from buyback.models import Buyback, Move, Payout, Transfer
from partners.templatetags.dashboard import actor, percent, usd

State = Buyback.State
HELD_AGAIN = "Nothing was paid, and the user holds the item again."


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened: when (UTC), in words, more of it, and its tone (good, warn, bad or none)."""

    at: datetime
    text: str
    more: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Why:
    """Why a sellback is not paid: a sentence, and what to do next."""

    sentence: str
    next_step: str


TRY_AGAIN = "Try again in a few minutes."
ASK_US = "If it happens again, tell your contact at Phygitals the buyback's id."
WAIT = "There is nothing to do: it is asked about every 15 seconds, and the item is never paid for twice."
# By the reason's first word, as the actions write it (buyback/attempts.py, reconciler.py, sellback.py).
FAILED = {
    "paused": Why("Phygitals had paused sellbacks just then.", "Try again once they run."),
    "cap_reached": Why(
        "A spending limit of Phygitals' treasury was reached.",
        "Try again later: limits are for an hour or a day. Your contact at Phygitals can tell which.",
    ),
    "below_min_amount": Why(
        "The price had fallen below the least that your server accepts (min_amount).",
        "Ask for a new quote, and sell again with a lower min_amount if the user agrees.",
    ),
    "price_changed": Why("The price was no longer the one that was shown.", "Sell back again, at the price of then."),
    "abandoned": Why("The request broke off before any money was asked for.", "Sell back again."),
    "review": Why("Two people at Phygitals looked into it: it had not been paid.", "Sell back again."),
    "declined": Why("The treasury declined to pay.", ASK_US),
}
PRICES = {
    "timeout": Why("No market price could be had in time.", TRY_AGAIN),
    "unreachable": Why("The source of market prices could not be reached.", TRY_AGAIN),
    "bad_status": Why("The source of market prices had no price for the card.", f"{TRY_AGAIN} {ASK_US}"),
    "stale": Why("The card's last market price was too old to pay by.", TRY_AGAIN),
    "not_positive": Why("The card's market price was nothing that could be paid.", ASK_US),
    "out_of_bounds": Why("The card's market price was nothing that could be paid.", ASK_US),
    "moved_too_far": Why("The market price had moved further than is paid without a look.", ASK_US),
}
NO_TRUST = Why("The market price that was told could not be trusted.", f"{TRY_AGAIN} {ASK_US}")
OPEN = {
    State.CLAIMED: Why("The sellback has begun and no money has been asked for yet.", WAIT),
    State.SUBMITTED: Why("The treasury is being asked to pay.", WAIT),
    State.UNKNOWN: Why("The treasury has not said yet whether it paid.", WAIT),
    State.REVIEW: Why(
        "The treasury can no longer say whether it paid, so two people at Phygitals look into it.",
        "There is nothing to do. Until they have decided, the item can neither be sold nor shipped.",
    ),
}


def why(sale: Buyback) -> Why | None:
    """Why this sellback is not paid, if it is not."""
    return reason(sale.failure_reason) if sale.state == State.FAILED else OPEN.get(State(sale.state))


def reason(text: str) -> Why:
    """Why a sellback failed, by the reason that was kept."""
    kind, _, detail = text.partition(":")
    detail = detail.strip()
    if kind == "price":
        return PRICES.get(detail, NO_TRUST)
    known = FAILED.get(kind.split(" ")[0], Why("It could not be paid.", ASK_US))
    if kind == "declined" and detail:
        return Why(f"The treasury declined to pay: {detail}.", known.next_step)
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
    """How the amount was computed, as one reads it aloud; nothing for a sale that was never priced."""
    if sale.amount is None or sale.fmv is None:
        return ""
    share = f"{percent(sale.buyback_percent)} of {usd(sale.fmv)}, rounded half up to the cent"
    if not sale.voucher:
        return f"{share}, is {usd(sale.amount)}."
    if sale.amount == sale.mint_price:
        floor = f"at least the pull's price of {usd(sale.mint_price)}"
        return f"Bought with a voucher: {floor}, which is no less than {share}."
    return (
        f"{share}, is {usd(sale.amount)}: more than the pull's price of {usd(sale.mint_price)} that a voucher ensures."
    )


def _steps(sale: Buyback, payout: Payout | None) -> Iterator[Step]:
    yield Step(sale.item.purchased_at, "Pulled", f"By {sale.item.collector.user_id}, from {sale.item.pack.name}")
    asked = f"Asked for by {actor(sale.requested_by)}"
    ended = (State.SETTLED, State.FAILED)  # what is said of a sale after its end is between us and the treasury
    moves = list(sale.moves.exclude(before__in=ended).order_by("id"))
    if not moves and sale.state == State.SETTLED:
        yield Step(sale.created_at, "Sold back at once", asked)
    else:
        yield Step(sale.created_at, "Claimed", f"{asked}; the item is kept for this sellback")
    for move in moves:
        yield from _told(sale, move)
    if payout is not None and payout.paid_at:
        yield Step(payout.paid_at, "Paid to the user", usd(payout.amount), "good")


def _taken_back(transfers: list[Transfer]) -> Iterator[Step]:
    """Money that two people at Phygitals have said was recovered: sale and payout stay as they were."""
    for line in transfers:
        if line.debit == Transfer.Account.PAID_OUT:
            yield Step(line.created_at, "Recovered by Phygitals", f"{usd(line.amount)} of the payout came back", "warn")


def _told(sale: Buyback, move: Move) -> Iterator[Step]:
    """A move of the sale in words. Its end carries the sale's own time, by which statements count it."""
    if move.after == State.SUBMITTED:
        yield Step(move.created_at, "Submitted", f"Priced at {usd(sale.amount)}, and the treasury was asked to pay it")
    elif move.after == State.UNKNOWN:
        again = "Asked again: still" if move.before == move.after else "Outcome unknown:"
        yield Step(move.created_at, f"{again} no answer whether it was paid", tone="warn")
    elif move.after == State.REVIEW:
        yield Step(move.created_at, "Given to two people at Phygitals to look into", tone="warn")
    elif move.after == State.SETTLED:
        yield Step(sale.completed_at or move.created_at, "Settled", "The treasury has paid", "good")
    elif move.after == State.FAILED:
        yield Step(sale.completed_at or move.created_at, "Failed", reason(sale.failure_reason).sentence, "bad")
