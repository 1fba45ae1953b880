"""Resolutions: two people decide that a difference with the treasury is dealt with.

They say how, in a reason. Nothing else changes: money moves by a reversal, by a review, or at the
treasury. A later comparison that finds other figures opens the difference again.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction

from buyback.models import Difference, Resolution
from config.foundation import clock
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
from partners.records.actor import SYSTEM, Actor

AUDITED = ("reason", "proposed_by")


class NotDifferent(Refusal):
    """The difference is closed: both agree, or two people have resolved it."""

    code = Code.NOT_DIFFERENT
    sentence = "This difference is no longer open."


def propose(*, difference: Difference, reason: str, by: Actor) -> Resolution:
    """Propose that the difference is resolved; ``reason`` says how.

    Raises NotDifferent, ReasonRequired, AlreadyProposed, PeopleOnly.
    """
    reason = clean_reason(reason)
    with transaction.atomic(durable=True):
        locked = _locked(difference, by)
        if _waiting(locked) is not None:
            raise AlreadyProposed
        proposed = Resolution.objects.create(
            difference=locked, reason=reason, proposed_by=str(by), proposer_id=by.account
        )
        _record("proposed", locked, by, after=audit.values(proposed, AUDITED))
    return proposed


def confirm(*, difference: Difference, by: Actor, proposal: int | None = None) -> Difference:
    """Confirm another person's proposal, which closes the difference. Returns it.

    ``proposal`` is the id of the one that was read. Raises NotDifferent, NothingProposed,
    AnotherProposal, SamePerson, TooRecent, PeopleOnly.
    """
    with transaction.atomic(durable=True):
        locked = _locked(difference, by)
        found = _proposed(locked, proposal)
        refuse_confirmer(found, by)
        moment = clock.now()
        found.confirmed_by, found.confirmer_id, found.confirmed_at = str(by), by.account, moment
        found.save(update_fields=["confirmed_by", "confirmer", "confirmed_at"])
        before = {"state": locked.state}
        locked.state, locked.closed_at = Difference.State.RESOLVED, moment
        locked.save(update_fields=["state", "closed_at"])
        after = {"state": locked.state} | audit.values(found, AUDITED)
        _record("confirmed", locked, by, before=before, after=after)
    return locked


def withdraw(*, difference: Difference, by: Actor, proposal: int | None = None) -> None:
    """Withdraw an unconfirmed proposal, one's own or another's. The difference stays open.

    Raises NotDifferent, NothingProposed, AnotherProposal, PeopleOnly.
    """
    with transaction.atomic(durable=True):
        locked = _locked(difference, by)
        _delete(_proposed(locked, proposal), locked, by)


def drop(difference: Difference) -> None:
    """Withdraw the proposal for a locked difference whose figures have changed, if there is one."""
    found = _waiting(difference)
    if found is not None:
        _delete(found, difference, SYSTEM)


def _delete(found: Resolution, difference: Difference, by: Actor) -> None:
    _record("withdrawn", difference, by, before=audit.values(found, AUDITED))
    found.delete()


def _locked(difference: Difference, by: Actor) -> Difference:
    """The difference, locked and open. Raises NotDifferent, PeopleOnly."""
    refuse_machines(by)
    locked = Difference.objects.select_for_update().get(pk=difference.pk)
    if locked.state != Difference.State.OPEN:
        raise NotDifferent
    return locked


def _waiting(difference: Difference) -> Resolution | None:
    return Resolution.objects.filter(difference=difference, confirmed_at=None).first()


def _proposed(difference: Difference, seen: int | None) -> Resolution:
    """The open proposal. Raises NothingProposed, AnotherProposal."""
    found = _waiting(difference)
    if found is None:
        raise NothingProposed
    if seen is not None and found.pk != seen:
        raise AnotherProposal
    return found


def _record(
    what: str, difference: Difference, by: Actor, *, before: Any = None, after: Any = None
) -> None:
    sale = difference.buyback
    audit.record(
        actor=by,
        action=f"difference.resolution_{what}",
        target=difference,
        partner=sale.environment.partner if sale else None,
        before=before,
        after=after,
    )
