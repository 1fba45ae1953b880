"""Reversals: two people record that the money of a settled sellback was recovered.

No money is requested. The ledger only grows, so a line from ``paid_out`` back to ``treasury``
corrects it: once for a sellback, for its whole amount. Sellback, item and payout stay unchanged
(docs/adr: a reversal adds a line).
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction

from buyback.live import steps
from buyback.models import Buyback, Reversal, Transfer
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

AUDITED = ("amount", "reason", "proposed_by")


class NotSettled(Refusal):
    """Nothing was paid, so nothing can be recovered."""

    code = Code.NOT_SETTLED
    sentence = "Only a settled sellback can be reversed."


class AlreadyReversed(Refusal):
    """This sellback was already reversed."""

    code = Code.ALREADY_REVERSED
    sentence = "This sellback has already been reversed."


def propose(*, buyback: Buyback, reason: str, by: Actor) -> Reversal:
    """Propose that the whole amount of a settled sellback was recovered. Moves no money.

    Raises NotSettled, ReasonRequired, AlreadyReversed, AlreadyProposed, PeopleOnly.
    """
    reason = clean_reason(reason)
    with transaction.atomic(durable=True):
        sale = _locked(buyback.pk, by)
        if _of(sale) is not None:
            raise AlreadyProposed
        reversal = Reversal.objects.create(
            environment=sale.environment,
            buyback=sale,
            amount=sale.amount,
            reason=reason,
            proposed_by=str(by),
            proposer_id=by.account,
        )
        _record("proposed", sale, by, after=audit.values(reversal, AUDITED))
    return reversal


def confirm(*, buyback: Buyback, by: Actor, proposal: int | None = None) -> Reversal:
    """Confirm that the money was recovered, which adds the ledger line.

    ``proposal`` is the id of the one that was read. Raises NotSettled, AlreadyReversed,
    NothingProposed, AnotherProposal, SamePerson, PeopleOnly.
    """
    with transaction.atomic(durable=True):
        sale = _locked(buyback.pk, by)
        found = _proposed(sale, proposal)
        refuse_confirmer(found, by)
        moment = sale.environment.database_now()
        found.confirmed_by, found.confirmer_id, found.confirmed_at = str(by), by.account, moment
        found.save(update_fields=["confirmed_by", "confirmer", "confirmed_at"])
        transfer = Transfer.objects.create(
            environment=sale.environment,
            buyback=sale,
            debit=Transfer.Account.PAID_OUT,
            credit=Transfer.Account.TREASURY,
            amount=found.amount,
            created_at=moment,
        )
        after = audit.values(found, AUDITED) | {"transfer": str(transfer.pk)}
        _record("confirmed", sale, by, before={"transfer": None}, after=after)
    return found


def withdraw(*, buyback: Buyback, by: Actor, proposal: int | None = None) -> None:
    """Withdraw an unconfirmed proposal, one's own or another's.

    Raises NotSettled, AlreadyReversed, NothingProposed, AnotherProposal, PeopleOnly.
    """
    with transaction.atomic(durable=True):
        sale = _locked(buyback.pk, by)
        found = _proposed(sale, proposal)
        _record("withdrawn", sale, by, before=audit.values(found, AUDITED))
        found.delete()


def _locked(buyback_id: UUID, by: Actor) -> Buyback:
    """The sellback, locked and settled. Raises NotSettled, PeopleOnly."""
    refuse_machines(by)
    sale = steps.lock_attempt(buyback_id)
    if sale.state != Buyback.State.SETTLED:
        raise NotSettled
    return sale


def _of(sale: Buyback) -> Reversal | None:
    """The proposal for a locked sellback. Raises AlreadyReversed."""
    found = Reversal.objects.filter(buyback=sale).first()
    if found is not None and found.confirmed_at is not None:
        raise AlreadyReversed
    return found


def _proposed(sale: Buyback, seen: int | None) -> Reversal:
    """The open proposal. Raises AlreadyReversed, NothingProposed, AnotherProposal."""
    found = _of(sale)
    if found is None:
        raise NothingProposed
    if seen is not None and found.pk != seen:
        raise AnotherProposal
    return found


def _record(what: str, sale: Buyback, by: Actor, *, before: Any = None, after: Any = None) -> None:
    audit.record(
        actor=by,
        action=f"buyback.reversal_{what}",
        target=sale,
        partner=sale.environment.partner,
        before=before,
        after=after,
    )
