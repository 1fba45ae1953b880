"""The buttons of a settled sale's page: say that its money was recovered, and have another person
agree.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from buyback.admin.review import HowForm, seen
from buyback.decisions import reversal
from buyback.decisions.dual_control import is_one_person
from buyback.models import Buyback
from config.admin.model_admin import usd
from config.admin.steps import Step
from partners.admin.audited import by

RIGHT = "buyback.reverse_payout"


def _propose(request: HttpRequest, sale: Buyback, values: dict[str, Any]) -> str:
    proposed = reversal.propose(buyback=sale, reason=values["reason"], by=by(request))
    return f"Proposed to reverse {usd(proposed.amount)}. Another person must confirm it."


def _confirm(request: HttpRequest, sale: Buyback, values: dict[str, Any]) -> str:
    reversed_ = reversal.confirm(buyback=sale, by=by(request), proposal=seen(request))
    return (
        f"Reversed: the ledger has a line that brings {usd(reversed_.amount)} back to the treasury."
    )


def _withdraw(request: HttpRequest, sale: Buyback, values: dict[str, Any]) -> str:
    reversal.withdraw(buyback=sale, by=by(request), proposal=seen(request))
    return "Withdrawn. Nothing was reversed."


STEPS = {
    "reverse": Step(
        RIGHT,
        "Propose a reversal",
        "Propose that this payout was recovered?",
        "Nothing moves yet. When another person confirms, the ledger gets a line that brings the "
        "whole amount back to"
        " the treasury. Sale, item and payout stay as they are, and nobody is asked for money.",
        _propose,
        HowForm,
    ),
    "confirm_reversal": Step(
        RIGHT,
        "Confirm the reversal",
        "Confirm this reversal? This cannot be undone.",
        "The ledger gets a line that brings the whole amount back to the treasury, for good. You "
        "say that you have made"
        " sure of it yourself.",
        _confirm,
    ),
    "withdraw_reversal": Step(
        RIGHT,
        "Withdraw the reversal",
        "Withdraw this proposal to reverse?",
        "Nothing was reversed, and anybody may propose anew.",
        _withdraw,
    ),
}


def offered(request: HttpRequest, sale: Buyback) -> tuple[str, ...]:
    """The steps of a settled sale for whoever looks at it."""
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
