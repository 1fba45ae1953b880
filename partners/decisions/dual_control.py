"""Dual control: one person proposes with a reason, a second account must confirm."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings

from config.foundation.codes import Code
from config.foundation.errors import Refusal
from partners.models import DualControl, User
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


class TooRecent(Refusal):
    """The confirming account, or a right of it, is too young for this proposal."""

    code = Code.ACCOUNT_TOO_RECENT
    sentence = (
        "Your account or one of its rights is too recent to confirm this proposal. Another "
        "person must confirm it."
    )


def refuse_machines(by: Actor) -> None:
    """Raises PeopleOnly for a key or the system. The shell may: its user runs the server."""
    if by.kind not in ("user", "shell"):
        raise PeopleOnly


def is_one_person(decision: DualControl, by: Actor) -> bool:
    """Whether the proposer is the caller: the same name, or the same account with a new address."""
    same_account = by.account is not None and decision.proposer_id == by.account
    return decision.proposed_by == str(by) or same_account


def refuse_confirmer(decision: DualControl, by: Actor) -> None:
    """Raises SamePerson if the proposer would confirm, TooRecent for an account without the age.

    The account must have had its last right for ``DUAL_CONTROL_MIN_AGE`` seconds when the proposal
    was made. Otherwise the proposer could create the second person. The shell confirms alone.
    """
    if by.kind == "shell":
        return
    if is_one_person(decision, by):
        raise SamePerson
    if not is_old_enough(decision, by):
        raise TooRecent


def is_old_enough(decision: DualControl, by: Actor) -> bool:
    """Whether the account is active and had its rights long enough before the proposal."""
    if not settings.DUAL_CONTROL_MIN_AGE:  # only in tests
        return True
    if by.account is None:
        return False
    latest = decision.created_at - timedelta(seconds=settings.DUAL_CONTROL_MIN_AGE)
    return User.objects.filter(pk=by.account, is_active=True, trusted_since__lte=latest).exists()
