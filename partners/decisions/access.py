"""Access under dual control: staff rights, second factors, verification codes, and owners.

Each takes rights or protection from nobody who proposes alone. Taking rights away is immediate and
takes one person.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.db import transaction

from config.foundation import clock
from config.foundation.codes import Code
from config.foundation.errors import Refusal
from config.foundation.reasons import clean_reason
from partners.decisions.dual_control import (
    AlreadyProposed,
    NothingProposed,
    SamePerson,
    refuse_confirmer,
    refuse_machines,
)
from partners.models import AccessProposal, Invitation, Partner, Role, User, VerificationCode
from partners.people.invitations import invite
from partners.people.second_factor import remove_factors
from partners.people.team import clean_email
from partners.people.verification import AlreadyVerified, make_code
from partners.records import audit
from partners.records.actor import Actor

FLAGS = ("is_active", "is_staff", "is_superuser")
Kind = AccessProposal.Kind


class NothingToGrant(Refusal):
    """The account has these rights already."""

    code = Code.NOTHING_TO_GRANT
    sentence = "The account has all of these rights already."


class StaffNotVerified(Refusal):
    """Anyone may have opened an account whose address is not verified: it is never staff."""

    code = Code.ADDRESS_NOT_VERIFIED
    sentence = "Staff need a verified e-mail address. Make a verification code first."


@dataclass(frozen=True, slots=True)
class Granted:
    """A confirmed proposal.

    An owner's comes with an invitation and its link's ``secret``; a code's is the ``secret``.
    """

    proposal: AccessProposal
    invitation: Invitation | None = None
    code: VerificationCode | None = None
    secret: str = ""


def rights_of(user: User) -> dict[str, Any]:
    """What the account may do: ``FLAGS``, and names of its groups and single permissions."""
    permissions = user.user_permissions.values_list("content_type__app_label", "codename")
    return {name: getattr(user, name) for name in FLAGS} | {
        "groups": sorted(user.groups.values_list("name", flat=True)),
        "user_permissions": sorted(f"{app}.{code}" for app, code in permissions),
    }


def propose_rights(*, user: User, rights: dict[str, Any], reason: str, by: Actor) -> AccessProposal:
    """Propose to add ``rights``, as in ``rights_of``, to the account. Grants nothing.

    Raises ReasonRequired, StaffNotVerified, NothingToGrant, AlreadyProposed, PeopleOnly.
    """
    reason = clean_reason(reason)
    with transaction.atomic():
        held = rights_of(_verified(user))
        added = missing(rights, held)
        if not added:
            raise NothingToGrant
        return _propose(by, reason, kind=Kind.RIGHTS, user=user, rights=added)


def missing(wanted: dict[str, Any], held: dict[str, Any]) -> dict[str, Any]:
    """The rights in ``wanted`` that ``held`` lacks."""
    flags = {name: True for name in FLAGS if wanted.get(name) and not held[name]}
    lists = {
        name: sorted(set(wanted.get(name, ())) - set(held[name]))
        for name in ("groups", "user_permissions")
    }
    return flags | {name: found for name, found in lists.items() if found}


def propose_factor_removal(*, user: User, reason: str, by: Actor) -> AccessProposal:
    """Propose to remove all second factors of the account. Removes nothing.

    Raises ReasonRequired, AlreadyProposed, PeopleOnly.
    """
    reason = clean_reason(reason)
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=user.pk)
        return _propose(by, reason, kind=Kind.FACTORS, user=user)


def propose_code(*, user: User, reason: str, by: Actor) -> AccessProposal:
    """Propose to make a code that verifies the account's address. Makes none.

    A person with the code can choose the account's password. So two people make it.
    Raises ReasonRequired, AlreadyVerified, AlreadyProposed, PeopleOnly.
    """
    reason = clean_reason(reason)
    with transaction.atomic():
        if User.objects.select_for_update(no_key=True).get(pk=user.pk).is_verified:
            raise AlreadyVerified
        return _propose(by, reason, kind=Kind.CODE, user=user)


def propose_owner(*, partner: Partner, email: str, reason: str, by: Actor) -> AccessProposal:
    """Propose to invite an owner. No invitation exists before another person confirms.

    Raises ReasonRequired, BadEmail, AlreadyProposed, PeopleOnly.
    """
    reason, email = clean_reason(reason), clean_email(email)
    with transaction.atomic():
        Partner.objects.select_for_update(no_key=True).get(pk=partner.pk)
        return _propose(by, reason, kind=Kind.OWNER, partner=partner, email=email)


def confirm(*, proposal: AccessProposal, by: Actor) -> Granted:
    """Confirm another person's proposal and carry it out.

    The person who would gain the rights cannot confirm it either. Raises NothingProposed,
    SamePerson, TooRecent, PeopleOnly, for rights StaffNotVerified, for a code AlreadyVerified, and
    for an owner what ``invite`` raises.
    """
    refuse_machines(by)
    with transaction.atomic():
        found = _locked(proposal)
        refuse_confirmer(found, by)
        if by.account is not None and found.user_id == by.account:
            raise SamePerson
        found.confirmed_by, found.confirmer_id = str(by), by.account
        found.confirmed_at = clock.now()
        found.save(update_fields=["confirmed_by", "confirmer", "confirmed_at"])
        _record("confirmed", found, by, after=_facts(found))
        if found.user is None:
            assert found.partner is not None  # noqa: S101  (a constraint)
            invitation, secret = invite(
                partner=found.partner, email=found.email, role=Role.OWNER, by=by
            )
            return Granted(found, invitation=invitation, secret=secret)
        if found.kind == Kind.CODE:
            code, text = make_code(user=found.user, by=by)
            return Granted(found, code=code, secret=text)
        if found.kind == Kind.FACTORS:
            remove_factors(user=found.user, by=by)
        else:
            grant(user=found.user, rights=found.rights, by=by)
    return Granted(found)


def withdraw(*, proposal: AccessProposal, by: Actor) -> None:
    """Withdraw an unconfirmed proposal, one's own or another's. Raises NothingProposed."""
    refuse_machines(by)
    with transaction.atomic():
        found = _locked(proposal)
        _record("withdrawn", found, by, before=_facts(found))
        found.delete()


def grant(*, user: User, rights: dict[str, Any], by: Actor) -> User:
    """Add ``rights`` to the account. Only ``confirm`` and commands of the shell may call it.

    Raises StaffNotVerified.
    """
    with transaction.atomic():
        locked = _verified(user)
        before = rights_of(locked)
        flags = [name for name in FLAGS if rights.get(name)]
        for name in flags:
            setattr(locked, name, True)
        if flags:
            locked.save(update_fields=flags)
        locked.groups.add(*Group.objects.filter(name__in=rights.get("groups", ())))
        for name in rights.get("user_permissions", ()):
            app, _, code = name.partition(".")
            locked.user_permissions.add(
                *Permission.objects.filter(content_type__app_label=app, codename=code)
            )
        after = rights_of(locked)
        audit.record(
            actor=by, action="user.rights_changed", target=locked, before=before, after=after
        )
    return locked


def _verified(user: User) -> User:
    """The account, locked. Raises StaffNotVerified."""
    locked = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if not locked.is_verified:
        raise StaffNotVerified
    return locked


def _propose(by: Actor, reason: str, **subject: Any) -> AccessProposal:
    """Store the proposal; its subject's row is locked. Raises AlreadyProposed, PeopleOnly."""
    refuse_machines(by)
    same = {name: value for name, value in subject.items() if name != "rights"}
    if AccessProposal.objects.filter(confirmed_at=None, **same).exists():
        raise AlreadyProposed
    made = AccessProposal.objects.create(
        reason=reason, proposed_by=str(by), proposer_id=by.account, **subject
    )
    _record("proposed", made, by, after=_facts(made))
    return made


def _locked(proposal: AccessProposal) -> AccessProposal:
    """The open proposal, locked. Raises NothingProposed."""
    rows = AccessProposal.objects.select_related("user", "partner").select_for_update(of=("self",))
    found = rows.filter(pk=proposal.pk, confirmed_at=None).first()
    if found is None:
        raise NothingProposed
    return found


def _facts(proposal: AccessProposal) -> dict[str, Any]:
    return audit.values(proposal, ("kind", "user", "email", "rights", "reason", "proposed_by"))


def _record(
    what: str, proposal: AccessProposal, by: Actor, *, before: Any = None, after: Any = None
) -> None:
    audit.record(
        actor=by,
        action=f"access.{what}",
        target=proposal,
        partner=proposal.partner,
        before=before,
        after=after,
    )
