"""Buttons on the page of a settled sellback: record a recovered payout under dual control."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from buyback.admin.review import HowForm, seen
from buyback.decisions import reversal
from buyback.models import Buyback
from config.admin.steps import Step
from config.foundation.money import usd
from partners.admin.audited import by
from partners.decisions.dual_control import is_one_person

RIGHT = "buyback.reverse_payout"


def _propose(request: HttpRequest, sale: Buyback, values: dict[str, Any]) -> str:
    proposed = reversal.propose(buyback=sale, reason=values["reason"], by=by(request))
    return f"Proposed to reverse {usd(proposed.amount)}. Another person must confirm it."


def _confirm(request: HttpRequest, sale: Buyback, values: dict[str, Any]) -> str:
    reversed_ = reversal.confirm(buyback=sale, by=by(request), proposal=seen(request))
    return f"Reversed: a ledger line brings {usd(reversed_.amount)} back to the treasury."


def _withdraw(request: HttpRequest, sale: Buyback, values: dict[str, Any]) -> str:
    reversal.withdraw(buyback=sale, by=by(request), proposal=seen(request))
    return "Withdrawn. Nothing was reversed."


STEPS = {
    "reverse": Step(
        RIGHT,
        "Propose a reversal",
        "Propose that this payout was recovered?",
        "Nothing changes yet. When another person confirms, a ledger line brings the whole amount "
        "back to the treasury. Sellback, item and payout stay as they are. No money is requested.",
        _propose,
        HowForm,
        fresh=True,
    ),
    "confirm_reversal": Step(
        RIGHT,
        "Confirm the reversal",
        "Confirm this reversal? This cannot be undone.",
        "A ledger line brings the whole amount back to the treasury, permanently. By confirming "
        "you state that you have verified this yourself.",
        _confirm,
        fresh=True,
    ),
    "withdraw_reversal": Step(
        RIGHT,
        "Withdraw the reversal",
        "Withdraw this proposal to reverse?",
        "Nothing was reversed. Anyone can make a new proposal.",
        _withdraw,
    ),
}


def offered(request: HttpRequest, sale: Buyback) -> tuple[str, ...]:
    """The steps of a settled sellback for this person."""
    if sale.state != Buyback.State.SETTLED:
        return ()
    found = getattr(sale, "reversal", None)
    if found is None:
        return ("reverse",)
    if found.confirmed_at is not None:
        return ()
    return (
        ("withdraw_reversal",)
        if is_one_person(found, by(request))
        else ("confirm_reversal", "withdraw_reversal")
    )
