"""Dual control: one person proposes with a reason, a second account must confirm."""

from __future__ import annotations

from buyback.models import DualControl
from config.foundation.codes import Code
from config.foundation.errors import Refusal
from partners.records.actor import Actor


class AlreadyProposed(Refusal):
    """A proposal already waits for a second person."""

    code = Code.ALREADY_PROPOSED
    sentence = "There is already a proposal. Confirm or withdraw it first."


class NothingProposed(Refusal):
    """There is no proposal, or it was withdrawn."""

    code = Code.NOTHING_PROPOSED
    sentence = "There is no proposal to decide on."


class AnotherProposal(Refusal):
    """The proposal that the caller read has been replaced."""

    code = Code.ANOTHER_PROPOSAL
    sentence = "The proposal has been replaced. Review the new one."


class SamePerson(Refusal):
    """The person who proposed cannot confirm."""

    code = Code.SAME_PERSON
    sentence = "Another person must confirm: you made this proposal."


class PeopleOnly(Refusal):
    """A key or the system cannot decide."""

    code = Code.PEOPLE_ONLY
    sentence = "Only people can decide this."


def refuse_machines(by: Actor) -> None:
    """Raises PeopleOnly for a key or the system."""
    if by.kind != "user":
        raise PeopleOnly


def is_one_person(decision: DualControl, by: Actor) -> bool:
    """Whether the proposer is the caller: the same name, or the same account with a new address."""
    same_account = by.account is not None and decision.proposer_id == by.account
    return decision.proposed_by == str(by) or same_account


def refuse_one_person(decision: DualControl, by: Actor) -> None:
    """Raises SamePerson if the proposer would confirm."""
    if is_one_person(decision, by):
        raise SamePerson
