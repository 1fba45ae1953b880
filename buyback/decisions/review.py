"""Sales in review: nobody but people can say what became of them, and it takes two. One proposes,
another confirms.

The decision, the sale's end, its money and the audit entry are one transaction: a decision is never
kept without its effect, and no effect is had twice, because a second confirmation waits for the
sale's lock and then finds it closed. Nobody outside is asked: by now the treasury has forgotten the
sale.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction

from buyback.decisions.dual_control import (
    AlreadyProposed,
    AnotherProposal,
    NothingProposed,
    refuse_machines,
    refuse_one_person,
)
from buyback.decisions.moved_by import moved_by
from buyback.live import steps
from buyback.live.reconciler import reconcile
from buyback.models import Buyback, Proposal
from buyback.outcomes import Failure, FailureCode
from config.foundation.codes import Code
from config.foundation.errors import Refusal
from config.foundation.reasons import clean_reason
from partners.records import audit
from partners.records.actor import Actor

RECONCILED = (Buyback.State.CLAIMED, Buyback.State.SUBMITTED, Buyback.State.UNKNOWN)


class NotInReview(Refusal):
    """The sale is not in review, or no longer."""

    code = Code.NOT_IN_REVIEW
    sentence = "This sellback is not in review."


class NotOpen(Refusal):
    """The sale is closed, or in review, where asking the treasury no longer helps."""

    code = Code.NOT_OPEN
    sentence = "There is nothing to reconcile: this sellback is closed or in review."


class UnknownOutcome(Refusal):
    """An outcome other than settled or failed."""

    code = Code.INVALID_OUTCOME
    sentence = "A sellback was paid or it was not."


def propose(*, buyback: Buyback, outcome: str, reason: str, by: Actor) -> Proposal:
    """Say what became of a sale in review: ``settled`` (it was paid) or ``failed`` (it was not).
    Moves no money.

    Raises NotInReview, ReasonRequired, UnknownOutcome, AlreadyProposed, PeopleOnly.
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
    """Agree with what another person proposed: the sale is settled, or fails and its item is held
    again.

    ``proposal`` is the one that was read, if it is to be that one. Returns the closed sale. Raises
    NotInReview, NothingProposed, AnotherProposal, SamePerson, PeopleOnly.
    """
    with transaction.atomic(durable=True):
        sale = _locked(buyback.pk, by)
        found = _proposal(sale, proposal)
        refuse_one_person(found, by)
        moment = sale.environment.database_now()
        found.confirmed_by, found.confirmer_id, found.confirmed_at = str(by), by.account, moment
        found.save(update_fields=["confirmed_by", "confirmer", "confirmed_at"])
        with moved_by(by):
            if found.outcome == Proposal.Outcome.SETTLED:
                steps.write_settled(sale, now=moment)
            else:
                # The partner is told this; the reason itself stays among admins.
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
    """Take a proposal back that nobody has confirmed, one's own or another's; the sale stays in
    review.

    Raises NotInReview, NothingProposed, AnotherProposal, PeopleOnly.
    """
    with transaction.atomic(durable=True):
        sale = _locked(buyback.pk, by)
        found = _proposal(sale, proposal)
        _record("buyback.review_withdrawn", sale, by, before=_facts(found))
        found.delete()
    return sale


def reconcile_now(*, buyback: Buyback, by: Actor) -> bool:
    """Ask the treasury about an open sale without waiting for the clock; whether it is closed now.

    False as well while another request or the reconciler is at work on it. Raises NotOpen.
    """
    with transaction.atomic(durable=True):
        sale = Buyback.objects.select_related("environment__partner").get(pk=buyback.pk)
        if sale.state not in RECONCILED:
            raise NotOpen
        _record("buyback.reconcile_asked", sale, by, before={"state": sale.state})
    return reconcile(sale.pk)


def _locked(buyback_id: UUID, by: Actor) -> Buyback:
    """The sale, locked and in review. Raises NotInReview, PeopleOnly."""
    refuse_machines(by)
    sale = steps.lock_attempt(buyback_id)
    if sale.state != Buyback.State.REVIEW:
        raise NotInReview
    return sale


def _proposal(sale: Buyback, seen: int | None) -> Proposal:
    """What was proposed for a sale that we have locked. Raises NothingProposed, AnotherProposal."""
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
