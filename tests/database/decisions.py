"""Ways to break the constraints of decisions under dual control (for ``test_constraints.py``)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.db.models.expressions import RawSQL

from buyback.models import Buyback, Reversal
from tests.world import NOW, World, make_buyback, make_item, make_payout, make_proposal


def make_reversal(buyback: Buyback, **fields: Any) -> Reversal:
    """One admin's proposal that a payout was recovered."""
    known = {
        "environment": buyback.environment,
        "amount": buyback.amount,
        "reason": "the bank's letter 12",
    }
    return Reversal.objects.create(
        buyback=buyback, **known | {"proposed_by": "user:a@x.test"} | fields
    )


def proposed(**fields: Any) -> Callable[[World], object]:
    """A proposal for a sellback in review."""
    return lambda w: make_proposal(
        make_buyback(make_item(w.northwind.live), state="review"), **fields
    )


def reversed_(**fields: Any) -> Callable[[World], object]:
    """A proposal to reverse a paid sellback."""
    return lambda w: make_reversal(paid(w), **fields)


def paid(w: World) -> Any:
    sale = make_buyback(make_item(w.northwind.live))
    make_payout(sale)
    return sale


def twice_proposed(w: World) -> None:
    sale = make_buyback(make_item(w.northwind.live), state="review")
    for _ in range(2):
        make_proposal(sale)


def twice_reversed(w: World) -> None:
    sale = paid(w)
    for _ in range(2):
        make_reversal(sale)


def one_account(make: Callable[..., Any]) -> Callable[[World], object]:
    """Two names with the same account."""
    both = {"confirmed_by": "user:b@x.test", "confirmed_at": NOW}
    return lambda w: make(proposer=w.admin, confirmer=w.admin, **both)(w)


def by_two_people(
    label: str, make: Callable[..., Any]
) -> dict[str, list[Callable[[World], object]]]:
    """Constraints that every such decision has."""
    return {
        f"{label}_has_a_reason": [make(reason="")],
        f"{label}_two_people": [make(confirmed_by="user:a@x.test", confirmed_at=NOW)],
        f"{label}_two_accounts": [one_account(make)],
        f"{label}_confirmed_by_somebody": [
            make(confirmed_by="user:b@x.test"),
            make(confirmed_at=NOW),
        ],
    }


DECISIONS: dict[str, list[Callable[[World], object]]] = {
    "buyback.Proposal.buyback": [twice_proposed],
    **by_two_people("buyback_proposal", proposed),
    "buyback_proposal_outcome_known": [proposed(outcome="lost")],
    "buyback.Reversal.buyback": [twice_reversed],
    **by_two_people("buyback_reversal", reversed_),
    "buyback_reversal_amount_is_the_sales": [
        reversed_(amount=Decimal("70.12")),
        lambda w: make_reversal(paid(w), environment=w.juniper.live),
    ],
    "buyback_reversal_was_paid_out": [
        lambda w: make_reversal(make_buyback(make_item(w.northwind.live))),
        lambda w: make_reversal(make_buyback(make_item(w.northwind.live), state="review")),
    ],
    "buyback_reversal_amount_bounds": [
        reversed_(amount=bad)
        for bad in (
            Decimal(0),
            Decimal("-0.01"),
            Decimal(1_000_000_000),
            RawSQL("'NaN'::numeric", ()),
        )
    ],
}
