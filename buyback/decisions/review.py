"""Reviews: two people decide the outcome of a sellback that the treasury can no longer tell.

The decision, the end of the sellback, its money and the audit entry are one transaction, so none
exists without the others. A second confirmation waits for the sellback's lock and then finds it
closed, so no effect happens twice. No peer is called: by now the treasury has forgotten the
payment.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction

from buyback.decisions.moved_by import moved_by
from buyback.live import steps
from buyback.live.reconciler import reconcile
from buyback.models import Buyback, Proposal
from buyback.outcomes import Failure, FailureCode
from config.foundation.codes import Code
from config.foundation.errors import Refusal
from config.foundation.reasons import clean_reason
from partners.decisions.dual_control import (
    AlreadyProposed,
    AnotherProposal,
    NothingProposed,
    refuse_confirmer,
    refuse_machines,
)
from partners.records import audit
from partners.records.actor import Actor

RECONCILED = (Buyback.State.CLAIMED, Buyback.State.SUBMITTED, Buyback.State.UNKNOWN)


class NotInReview(Refusal):
    """The sellback is not in review, or no longer."""

    code = Code.NOT_IN_REVIEW
    sentence = "This sellback is not in review."


class NotOpen(Refusal):
    """The sellback is closed, or in review, where the treasury can no longer help."""

    code = Code.NOT_OPEN
    sentence = "There is nothing to reconcile: this sellback is closed or in review."


class UnknownOutcome(Refusal):
    """The outcome is neither settled nor failed."""

    code = Code.INVALID_OUTCOME
    sentence = "Choose whether the sellback was paid."


def propose(*, buyback: Buyback, outcome: str, reason: str, by: Actor) -> Proposal:
    """Propose the outcome of a sellback in review: ``settled`` (paid) or ``failed`` (not paid).

    Moves no money. Raises NotInReview, ReasonRequired, UnknownOutcome, AlreadyProposed, PeopleOnly.
    """
    reason = clean_reason(reason)
    if outcome not in Proposal.Outcome.values:
        raise UnknownOutcome
    with transaction.atomic(durable=True):
        sale = _locked(buyback.pk, by)
        if Proposal.objects.filter(buyback=sale).exists():
            raise AlreadyProposed
        proposal = Proposal.objects.create(
            buyback=sale,
            outcome=outcome,
            reason=reason,
            proposed_by=str(by),
            proposer_id=by.account,
        )
        _record("buyback.review_proposed", sale, by, after=_facts(proposal))
    return proposal


def confirm(*, buyback: Buyback, by: Actor, proposal: int | None = None) -> Buyback:
    """Confirm another person's proposal: the sellback is settled, or fails and its item is held.

    ``proposal`` is the id of the one that was read, if any. Returns the closed sellback. Raises
    NotInReview, NothingProposed, AnotherProposal, SamePerson, PeopleOnly.
    """
    with transaction.atomic(durable=True):
        sale = _locked(buyback.pk, by)
        found = _proposal(sale, proposal)
        refuse_confirmer(found, by)
        moment = sale.environment.database_now()
        found.confirmed_by, found.confirmer_id, found.confirmed_at = str(by), by.account, moment
        found.save(update_fields=["confirmed_by", "confirmer", "confirmed_at"])
        with moved_by(by):
            if found.outcome == Proposal.Outcome.SETTLED:
                steps.write_settled(sale, now=moment)
            else:
                # The partner sees this. Only admins see the reason itself.
                failure = Failure(FailureCode.NOT_PAID)
                steps.write_failed(sale, failure=failure, now=moment)
        _record(
            "buyback.review_confirmed",
            sale,
            by,
            before={"state": Buyback.State.REVIEW},
            after={"state": found.outcome, **_facts(found)},
        )
    return Buyback.objects.get(pk=sale.pk)


def withdraw(*, buyback: Buyback, by: Actor, proposal: int | None = None) -> Buyback:
    """Withdraw an unconfirmed proposal, one's own or another's. The sellback stays in review.

    Raises NotInReview, NothingProposed, AnotherProposal, PeopleOnly.
    """
    with transaction.atomic(durable=True):
        sale = _locked(buyback.pk, by)
        found = _proposal(sale, proposal)
        _record("buyback.review_withdrawn", sale, by, before=_facts(found))
        found.delete()
    return sale


def reconcile_now(*, buyback: Buyback, by: Actor) -> bool:
    """Ask the treasury about an open sellback now; returns whether it is closed.

    Also False while another request or the reconciler works on it. Raises NotOpen.
    """
    with transaction.atomic(durable=True):
        sale = Buyback.objects.select_related("environment__partner").get(pk=buyback.pk)
        if sale.state not in RECONCILED:
            raise NotOpen
        _record("buyback.reconcile_asked", sale, by, before={"state": sale.state})
    return reconcile(sale.pk)


def _locked(buyback_id: UUID, by: Actor) -> Buyback:
    """The sellback, locked and in review. Raises NotInReview, PeopleOnly."""
    refuse_machines(by)
    sale = steps.lock_attempt(buyback_id)
    if sale.state != Buyback.State.REVIEW:
        raise NotInReview
    return sale


def _proposal(sale: Buyback, seen: int | None) -> Proposal:
    """The proposal for a locked sellback. Raises NothingProposed, AnotherProposal."""
    found = Proposal.objects.filter(buyback=sale).first()
    if found is None:
        raise NothingProposed
    if seen is not None and found.pk != seen:
        raise AnotherProposal
    return found


def _facts(proposal: Proposal) -> dict[str, Any]:
    return audit.values(proposal, ("outcome", "reason", "proposed_by"))


def _record(
    action: str, sale: Buyback, by: Actor, *, before: Any = None, after: Any = None
) -> None:
    partner = sale.environment.partner
    audit.record(actor=by, action=action, target=sale, partner=partner, before=before, after=after)
