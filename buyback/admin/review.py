"""Buttons on the page of an open sellback: reconcile now, or decide its outcome in dual control."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest

from buyback.decisions import review
from buyback.models import Buyback
from config.admin.steps import ReasonForm, Step
from partners.admin.audited import by
from partners.decisions.dual_control import is_one_person

RIGHT = "buyback.resolve_review"


class HowForm(ReasonForm):
    """The evidence for an outcome."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].label = "How do you know? Stored permanently, shown to admins only."


def _propose(outcome: str) -> Callable[[HttpRequest, Buyback, dict[str, Any]], str]:
    def act(request: HttpRequest, sale: Buyback, values: dict[str, Any]) -> str:
        review.propose(buyback=sale, outcome=outcome, reason=values["reason"], by=by(request))
        return "Proposed. Another person must confirm it."

    return act


def _confirm(request: HttpRequest, sale: Buyback, values: dict[str, Any]) -> str:
    closed = review.confirm(buyback=sale, by=by(request), proposal=seen(request))
    return f"Confirmed. The sellback is {closed.get_state_display().lower()}."


def _withdraw(request: HttpRequest, sale: Buyback, values: dict[str, Any]) -> str:
    review.withdraw(buyback=sale, by=by(request), proposal=seen(request))
    return "Withdrawn. The sellback is still in review."


def _reconcile(request: HttpRequest, sale: Buyback, values: dict[str, Any]) -> str:
    if review.reconcile_now(buyback=sale, by=by(request)):
        return "The sellback is now closed."
    return (
        "Still open: it has no outcome yet, or its lease has not expired. It is retried every "
        "15 "
        "seconds."
    )


def seen(request: HttpRequest) -> int:
    """The id of the proposal that the page showed; 0 for an invalid one."""
    sent = request.POST.get("proposal", "")
    return int(sent) if sent.isascii() and sent.isdigit() and len(sent) < 19 else 0


STEPS = {
    "reconcile": Step(
        RIGHT,
        "Reconcile now",
        "Ask the treasury about this sellback now?",
        (
            "If it was paid, the sellback is settled. If it was declined, the item is held again. "
            "else "
            "it stays open."
        ),
        _reconcile,
    ),
    "settled": Step(
        RIGHT,
        "Propose: it was paid",
        "Propose that this sellback was paid?",
        (
            "Nothing changes yet. When another person confirms, the sellback is settled: the item "
            "counts "
            "as sold and paid."
        ),
        _propose("settled"),
        HowForm,
        fresh=True,
    ),
    "failed": Step(
        RIGHT,
        "Propose: it was not paid",
        "Propose that this sellback was not paid?",
        (
            "Nothing changes yet. When another person confirms, the sellback fails and the user "
            "holds "
            "the item again."
        ),
        _propose("failed"),
        HowForm,
        fresh=True,
    ),
    "confirm": Step(
        RIGHT,
        "Confirm the proposal",
        "Confirm this proposal? This cannot be undone.",
        "The sellback ends as proposed, permanently. By confirming you state that you have "
        "verified this yourself.",
        _confirm,
        fresh=True,
    ),
    "withdraw": Step(
        RIGHT,
        "Withdraw the proposal",
        "Withdraw this proposal?",
        "The sellback stays in review. Anyone can make a new proposal.",
        _withdraw,
    ),
}


def offered(request: HttpRequest, sale: Buyback) -> tuple[str, ...]:
    """The steps of an open sellback for this person."""
    if sale.state in review.RECONCILED:
        return ("reconcile",)
    if sale.state != Buyback.State.REVIEW:
        return ()
    proposal = getattr(sale, "proposal", None)
    if proposal is None:
        return ("settled", "failed")
    return ("withdraw",) if is_one_person(proposal, by(request)) else ("confirm", "withdraw")
