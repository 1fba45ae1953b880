"""Ways to break the constraints of decisions under dual control (for ``test_constraints.py``)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.db.models.expressions import RawSQL

from buyback.models import Buyback, Difference, Resolution, Reversal
from inventory.models import PriceProposal
from partners.models import AccessProposal, Partner
from tests.kept import make_difference, make_listed, make_report
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


def make_owner_proposal(of: Partner, **fields: Any) -> AccessProposal:
    """One admin's proposal to invite an owner."""
    known = {"kind": "owner", "partner": of, "email": "mia@x.test", "reason": "new"}
    return AccessProposal.objects.create(**known | {"proposed_by": "user:a@x.test"} | fields)


def make_price_proposal(**fields: Any) -> PriceProposal:
    """One admin's proposal of a new card's price."""
    row = {"source_type": "alt", "listing_id": "p1", "mint_address": None, "name": "P"}
    rows = [{"card": None, "before": None, "row": row | {"fmv": "9000.00"}}]
    known = {"source": "spring.csv", "rows": rows, "reason": "a file"}
    return PriceProposal.objects.create(**known | {"proposed_by": "user:a@x.test"} | fields)


def owner(**fields: Any) -> Callable[[World], object]:
    """A proposal to invite an owner."""
    return lambda w: make_owner_proposal(w.northwind.partner, **fields)


def prices(**fields: Any) -> Callable[[World], object]:
    """A proposal of prices."""
    return lambda _: make_price_proposal(**fields)


def twice_an_owner(w: World) -> None:
    for _ in range(2):
        make_owner_proposal(w.northwind.partner)


def twice_a_user(w: World) -> None:
    for _ in range(2):
        make_owner_proposal(
            w.northwind.partner, kind="rights", partner=None, email="", user=w.juniper.viewer
        )


def make_resolution(difference: Difference, **fields: Any) -> Resolution:
    """One admin's proposal that a difference is resolved."""
    known = {"reason": "taken back, letter 12", "proposed_by": "user:a@x.test"}
    return Resolution.objects.create(difference=difference, **known | fields)


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


def resolved(**fields: Any) -> Callable[[World], object]:
    """A proposal that a difference is resolved."""
    return lambda _: make_resolution(make_difference(), **fields)


def twice_resolved(w: World) -> None:
    difference = make_difference()
    for _ in range(2):
        make_resolution(difference)


def twice_different(w: World) -> None:
    first = make_difference()
    make_difference(report=first.report, reference=first.reference)


def twice_listed(w: World) -> None:
    report = make_report()
    for _ in range(2):
        make_listed(report)


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


ACCESS: dict[str, list[Callable[[World], object]]] = {
    **by_two_people("partners_accessproposal", owner),
    "partners_accessproposal_subject_of_its_kind": [
        owner(kind="rights"),
        owner(kind="other"),
        owner(email=""),
        owner(partner=None),
        lambda w: make_owner_proposal(w.northwind.partner, user=w.admin),
    ],
    "partners_accessproposal_one_open_of_a_user": [twice_a_user],
    "partners_accessproposal_one_open_of_an_owner": [twice_an_owner],
    **by_two_people("inventory_priceproposal", prices),
    "inventory_priceproposal_has_rows": [prices(rows=[])],
}
DECISIONS: dict[str, list[Callable[[World], object]]] = {
    **ACCESS,
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
    **by_two_people("buyback_resolution", resolved),
    "buyback_resolution_one_proposal": [twice_resolved],
    "buyback.TreasuryReport.name": [lambda _: [make_report(name="pay.test") for _ in range(2)]],
    "buyback_treasuryreport_balance_has_its_time": [lambda _: make_report(balance=1)],
    "buyback_treasuryreport_cursor_of_a_pass": [lambda _: make_report(cursor="7")],
    "buyback_listedpayment_once": [twice_listed],
    "buyback_difference_once": [twice_different],
    "buyback_difference_kind_known": [lambda _: make_difference(kind="odd")],
    "buyback_difference_closed_has_its_time": [
        lambda _: make_difference(closed_at=NOW),
        lambda _: make_difference(state="agreed"),
        lambda _: make_difference(state="gone", closed_at=NOW),
    ],
    "buyback_difference_of_a_sale": [lambda _: make_difference(kind="amount")],
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
