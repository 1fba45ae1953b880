"""Invitations to a partner's team: created, withdrawn, accepted, and audited in the transaction.

Anyone with the link can accept it, so a link never signs in to a verified account: its owner signs
in first. A link that was mailed is shown to nobody, so opening it verifies the address
(``verification.py``). A link that was shown does not.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from smtplib import SMTPException

import structlog
from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext_noop

from config.foundation import clock
from config.foundation.codes import Code
from config.foundation.errors import Refusal
from partners.models import Invitation, Membership, Partner, User
from partners.people.team import (
    AlreadyMember,
    NotVerified,
    clean_email,
    clean_role,
    set_password,
)
from partners.people.verification import verify
from partners.records import audit
from partners.records.actor import Actor

log = structlog.get_logger(__name__)

VALID_FOR = timedelta(days=7)
MOST_PEOPLE = 100  # of a team with its open invitations: the team page lists all of them


class InvitationUnusable(Refusal):
    """The link is unknown, used, withdrawn or expired."""

    code = Code.INVITATION_UNUSABLE
    sentence = gettext_noop("This invitation is no longer valid; ask for a new one")


class TeamFull(Refusal):
    """The team has as many people as the page can list."""

    code = Code.TEAM_FULL
    sentence = gettext_noop(
        "A team has at most 100 people, open invitations included; remove or withdraw one first"
    )


class PartnerSuspended(Refusal):
    """A suspended partner gets no new members."""

    code = Code.PARTNER_SUSPENDED
    sentence = gettext_noop(
        "This partner is suspended, so nobody can join it now; try the link again once "
        "Phygitals "
        "has lifted that"
    )


class SignInFirst(Refusal):
    """The invited person has an account and is not signed in with it."""

    code = Code.SIGN_IN_FIRST
    sentence = gettext_noop("Sign in with the invited e-mail address first")


def invite(
    *, partner: Partner, email: str, role: str, by: Actor, now: datetime | None = None
) -> tuple[Invitation, str]:
    """An invitation and its secret, which is stored nowhere. It replaces an earlier one.

    Raises BadEmail, UnknownRole, AlreadyMember, TeamFull; an earlier invitation then stays valid.
    """
    email, role, now = clean_email(email), clean_role(role), now or clock.now()
    secret = secrets.token_urlsafe(32)
    with transaction.atomic():
        Partner.objects.select_for_update(no_key=True).get(pk=partner.pk)
        if Membership.objects.filter(partner=partner, user__email=email).exists():
            raise AlreadyMember
        waiting = Invitation.objects.filter(
            partner=partner, email=email, accepted_at=None, withdrawn_at=None
        )
        waiting.update(withdrawn_at=now)
        open_ones = Invitation.objects.filter(partner=partner).open(now)
        if Membership.objects.filter(partner=partner).count() + open_ones.count() >= MOST_PEOPLE:
            raise TeamFull
        invitation = Invitation.objects.create(
            partner=partner,
            email=email,
            role=role,
            digest=_digest(secret),
            created_by=str(by),
            created_at=now,
            expires_at=now + VALID_FOR,
        )
        after = {"email": email, "role": role, "expires_at": clock.iso(invitation.expires_at)}
        audit.record(
            actor=by, action="invitation.made", target=invitation, partner=partner, after=after
        )
    return invitation, secret


def withdraw_invitation(
    *, invitation: Invitation, by: Actor, now: datetime | None = None
) -> Invitation:
    """The link stops working. An accepted or withdrawn invitation stays unchanged."""
    with transaction.atomic():
        locked = Invitation.objects.select_for_update(no_key=True).get(pk=invitation.pk)
        if locked.accepted_at is None and locked.withdrawn_at is None:
            locked.withdrawn_at = now or clock.now()
            locked.save(update_fields=["withdrawn_at"])
            before = {"email": locked.email, "role": locked.role}
            audit.record(
                actor=by,
                action="invitation.withdrawn",
                target=locked,
                partner=locked.partner,
                before=before,
            )
    return locked


def find_invitation(secret: str, now: datetime | None = None) -> Invitation:
    """The open invitation with this link. Raises InvitationUnusable."""
    rows = Invitation.objects.select_related("partner").open(now or clock.now())
    found = rows.filter(digest=_digest(secret)).first()
    if found is None:
        raise InvitationUnusable
    return found


def accept_invitation(
    *,
    secret: str,
    user: User | None = None,
    password: str | None = None,
    now: datetime | None = None,
) -> Membership:
    """Make the invited person a member.

    Either the signed-in ``user``, or a new account with ``password``, or an unverified account,
    which a mailed link verifies and gives that password. Raises InvitationUnusable,
    PartnerSuspended, SignInFirst, NotVerified, WeakPassword, AlreadyMember; the link then still
    works.
    """
    now = now or clock.now()
    with transaction.atomic():
        row = find_invitation(secret, now)
        partner = Partner.objects.select_for_update(no_key=True).get(
            pk=row.partner_id
        )  # locked first, as in ``invite``
        if partner.status == Partner.Status.SUSPENDED:
            raise PartnerSuspended
        invitation = Invitation.objects.select_for_update(no_key=True).get(pk=row.pk)
        if invitation.accepted_at or invitation.withdrawn_at:
            raise InvitationUnusable
        member, created = _member(invitation, user, password or "", now)
        membership, added = Membership.objects.get_or_create(
            user=member, partner=row.partner, defaults={"role": invitation.role}
        )
        if not added:
            raise AlreadyMember
        invitation.accepted_at = now
        invitation.save(update_fields=["accepted_at"])
        after = {"email": member.email, "role": invitation.role, "new_user": created}
        by = Actor.user(member)
        audit.record(
            actor=by,
            action="invitation.accepted",
            target=membership,
            partner=row.partner,
            after=after,
        )
    return membership


def address(secret: str, origin: str) -> str:
    """The link of an invitation. ``origin``: the request's origin, used without a PUBLIC_URL."""
    return (settings.PUBLIC_URL or origin.rstrip("/")) + reverse("invitation", args=[secret])


def mail(invitation: Invitation, link: str) -> bool | None:
    """Send the link by mail. Returns whether it was sent, None without a mail server.

    A link that was sent must be shown to nobody: from then on it verifies the address. One that was
    not sent does not, so it may be shown.
    """
    if not settings.EMAIL_URL:
        return None
    _set_mailed(invitation, True)  # first: nobody can open the link before it is known as mailed
    sent = False
    try:
        sent = _send(invitation, link)
    finally:
        if not sent:
            _set_mailed(invitation, False)
    return sent


def _set_mailed(invitation: Invitation, mailed: bool) -> None:
    invitation.mailed = mailed
    invitation.save(update_fields=["mailed"])


def _send(invitation: Invitation, link: str) -> bool:
    role = invitation.get_role_display().lower()
    context = {"invitation": invitation, "role": role, "link": link}
    text = render_to_string("account/email/invitation.txt", context)
    subject = f"Join {invitation.partner.name} on Instant Sellback"
    try:
        return send_mail(subject, text, None, [invitation.email]) == 1
    except (OSError, SMTPException) as error:
        log.warning("invitation_not_mailed", invitation=invitation.pk, exc_info=error)
        return False


def _member(
    invitation: Invitation, user: User | None, password: str, now: datetime
) -> tuple[User, bool]:
    """The account that joins, and whether it is new. Raises SignInFirst, NotVerified, WeakPassword.

    An account without proof of its address may be anybody's: it joins no other partner.
    """
    mailed, partner, email = invitation.mailed, invitation.partner_id, invitation.email
    if user is not None and user.email != email:
        raise SignInFirst
    known = {"verified_at": now, "verified_by": User.Verified.MAIL} if mailed else {}
    found, created = User.objects.select_for_update(no_key=True).get_or_create(
        email=email, defaults={"confined_to_id": partner} | known
    )
    if created:
        set_password(found, password)
    elif not found.is_verified and mailed and found.is_active:
        by = Actor.user(found)
        found = verify(user=found, how=User.Verified.MAIL, password=password, by=by, now=now)
    elif user is None:
        raise SignInFirst
    elif not found.is_verified and found.confined_to_id != partner:
        raise NotVerified
    return found, created


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
