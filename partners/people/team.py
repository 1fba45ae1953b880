"""A partner's team: members and roles. Every change is audited in its transaction."""

from __future__ import annotations

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_noop

from config.foundation import clock
from config.foundation.codes import Code
from config.foundation.errors import Refusal
from partners.models import Membership, Partner, Role, User
from partners.models.addresses import canonical
from partners.records import audit
from partners.records.actor import Actor


class BadEmail(Refusal):
    """Not an e-mail address."""

    code = Code.INVALID_EMAIL
    sentence = gettext_noop("Enter a valid e-mail address")


class UnknownRole(Refusal):
    """Not one of the three roles."""

    code = Code.UNKNOWN_ROLE
    sentence = gettext_noop("A role is one of: viewer, operator, owner")


class WeakPassword(Refusal):
    """A password the rules refuse; the sentence says why."""

    code = Code.WEAK_PASSWORD


class AlreadyMember(Refusal):
    """This person is in the partner's team already."""

    code = Code.ALREADY_MEMBER
    sentence = gettext_noop("This person is already a member")


class NotVerified(Refusal):
    """The account's address is not verified, and the account is another partner's."""

    code = Code.ADDRESS_NOT_VERIFIED
    sentence = gettext_noop(
        "This account's e-mail address is not verified, so it belongs to one team; verify it with "
        "the link in an invitation e-mail, or with a code from Phygitals"
    )


class LastOwner(Refusal):
    """The team would have no owner."""

    code = Code.LAST_OWNER
    sentence = gettext_noop("A team needs at least one owner; make another member an owner first")


def add_member(
    *,
    partner: Partner,
    email: str,
    role: str,
    by: Actor,
    password: str | None = None,
    verified: bool = False,
) -> Membership:
    """Add a person to the partner's team. The user is created if the address has no account.

    ``password`` is set on a new user and, if given, on an existing one. Only interfaces for
    Phygitals' staff may pass it, because a user may belong to several partners. Without it, a new
    user cannot sign in until a password is set. ``verified``: of a new user, the caller vouches for
    the address; otherwise the account stays this partner's. Raises BadEmail, UnknownRole,
    WeakPassword, AlreadyMember, and NotVerified for an existing unverified account: invite it.
    """
    email, role = clean_email(email), clean_role(role)
    known = {"verified_at": clock.now(), "verified_by": User.Verified.COMMAND}
    with transaction.atomic():
        user, created = User.objects.get_or_create(
            email=email, defaults={"confined_to": partner} | (known if verified else {})
        )
        if Membership.objects.filter(user=user, partner=partner).exists():
            raise AlreadyMember
        if not user.is_verified and not created:
            raise NotVerified
        if created or password is not None:
            set_password(user, password)
        membership, added = Membership.objects.get_or_create(
            user=user, partner=partner, defaults={"role": role}
        )
        if not added:
            raise AlreadyMember
        after = {
            "email": email,
            "role": role,
            "new_user": created,
            "password_set": password is not None,
            "verified": user.is_verified,
        }
        audit.record(
            actor=by, action="member.added", target=membership, partner=partner, after=after
        )
    return membership


def change_role(*, membership: Membership, role: str, by: Actor) -> Membership:
    """Change a member's role; the same role changes nothing. Raises UnknownRole, LastOwner."""
    role = clean_role(role)
    with transaction.atomic():
        locked = _lock(membership)
        before = _shown(locked)
        if locked.role != role:
            _keep_an_owner(locked)
            locked.role = role
            locked.save(update_fields=["role"])
            audit.record(
                actor=by,
                action="member.role_changed",
                target=locked,
                partner=locked.partner,
                before=before,
                after=_shown(locked),
            )
    return locked


def remove_member(*, membership: Membership, by: Actor) -> None:
    """Remove the person from this team; the account stays. Raises DoesNotExist, LastOwner."""
    with transaction.atomic():
        locked = _lock(membership)
        _keep_an_owner(locked)
        audit.record(
            actor=by,
            action="member.removed",
            target=locked,
            partner=locked.partner,
            before=_shown(locked),
        )
        locked.delete()


def _lock(membership: Membership) -> Membership:
    """The membership, with its partner's row locked: two owners cannot leave at the same time."""
    Partner.objects.select_for_update(no_key=True).get(pk=membership.partner_id)
    rows = Membership.objects.select_related("user", "partner").select_for_update(of=("self",))
    return rows.get(pk=membership.pk)


def _keep_an_owner(leaving: Membership) -> None:
    """Raises LastOwner if ``leaving`` is the only owner who can still sign in."""
    others = Membership.objects.filter(
        partner=leaving.partner_id, role=Role.OWNER, user__is_active=True
    )
    if leaving.role == Role.OWNER and not others.exclude(pk=leaving.pk).exists():
        raise LastOwner


def _shown(membership: Membership) -> dict[str, str]:
    return {"email": membership.user.email, "role": membership.role}


def clean_email(text: str) -> str:
    """An address in its stored spelling. Raises BadEmail."""
    try:
        return canonical(text)
    except ValueError as error:
        raise BadEmail from error


def clean_role(text: str) -> str:
    """One of the three roles. Raises UnknownRole."""
    try:
        return Role(text).value
    except ValueError as error:
        raise UnknownRole from error


def set_password(user: User, password: str | None) -> None:
    """Set and save a checked password, or an unusable one for None. Raises WeakPassword."""
    if password is not None:
        try:
            validate_password(password, user)
        except ValidationError as error:
            raise WeakPassword(" ".join(error.messages)) from error
    user.set_password(password)
    user.save(update_fields=["password"])
