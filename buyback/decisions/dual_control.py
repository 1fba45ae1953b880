"""What takes two people: one says it and why, a different one agrees. Which of them is who is asked
of accounts.
"""

from __future__ import annotations

from buyback.models import DualControl
from config.foundation.codes import Code
from config.foundation.errors import Refusal
from partners.records.actor import Actor


class AlreadyProposed(Refusal):
    """Somebody has said so or otherwise, and waits for a second person."""

    code = Code.ALREADY_PROPOSED
    sentence = "There is a proposal already. Confirm or withdraw it first."


class NothingProposed(Refusal):
    """Nobody has said anything yet, or it was withdrawn."""

    code = Code.NOTHING_PROPOSED
    sentence = "There is no proposal to decide on."


class AnotherProposal(Refusal):
    """The proposal that was read has been replaced by another."""

    code = Code.ANOTHER_PROPOSAL
    sentence = "The proposal has been replaced meanwhile. Read it again."


class SamePerson(Refusal):
    """Whoever proposes does not confirm."""

    code = Code.SAME_PERSON
    sentence = "Another person must confirm: you made this proposal."


class PeopleOnly(Refusal):
    """A key or the system would decide."""

    code = Code.PEOPLE_ONLY
    sentence = "Only people decide this."


def refuse_machines(by: Actor) -> None:
    """Raises PeopleOnly for a key or the system."""
    if by.kind != "user":
        raise PeopleOnly


def is_one_person(decision: DualControl, by: Actor) -> bool:
    """Whether who proposed is who asks: the same name, or the same account under another e-mail
    address.
    """
    same_account = by.account is not None and decision.proposer_id == by.account
    return decision.proposed_by == str(by) or same_account


def refuse_one_person(decision: DualControl, by: Actor) -> None:
    """Raises SamePerson when who proposed would confirm."""
    if is_one_person(decision, by):
        raise SamePerson
