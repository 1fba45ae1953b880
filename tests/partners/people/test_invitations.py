"""Invitations: created, replaced, withdrawn, accepted once, and no access to existing accounts."""

from __future__ import annotations

from datetime import timedelta

import pytest

from config.foundation.errors import Refusal
from partners.models import AuditEntry, Invitation, Membership, Partner, User
from partners.people.invitations import (
    InvitationUnusable,
    PartnerSuspended,
    SignInFirst,
    TeamFull,
    accept_invitation,
    find_invitation,
    invite,
    withdraw_invitation,
)
from partners.people.team import AlreadyMember, BadEmail, UnknownRole, WeakPassword
from partners.records.actor import SYSTEM
from tests.world import NOW, PASSWORD, World, make_user

NEW = "new@northwind.test"
WEEK = timedelta(days=7)


def invited(world: World, email: str = NEW, role: str = "operator") -> str:
    """The secret of a new link."""
    return invite(partner=world.northwind.partner, email=email, role=role, by=SYSTEM, now=NOW)[1]


def test_it_makes_a_member_of_a_new_person(world: World) -> None:
    membership = accept_invitation(
        secret=invited(world, " New@Northwind.TEST "), password=PASSWORD, now=NOW
    )
    assert (membership.partner, membership.role) == (world.northwind.partner, "operator")
    assert User.objects.get(email=NEW).check_password(PASSWORD)
    made, accepted = AuditEntry.objects.order_by("id")
    assert (made.action, made.actor, made.after["email"]) == ("invitation.made", "system", NEW)
    assert (accepted.action, accepted.actor, accepted.after["new_user"]) == (
        "invitation.accepted",
        f"user:{NEW}",
        True,
    )


def test_it_keeps_the_link_as_a_digest_alone(world: World) -> None:
    secret = invited(world)
    row = Invitation.objects.values().get()
    assert len(secret) == 43
    assert secret not in str(row)
    assert row["expires_at"] == NOW + WEEK


def test_it_adds_a_signed_in_person_and_keeps_the_password(world: World) -> None:
    user = make_user(NEW)
    assert accept_invitation(secret=invited(world), user=user, now=NOW).user == user
    assert User.objects.get(pk=user.pk).check_password(PASSWORD)


@pytest.mark.parametrize("asks", ["nobody", "another"])
def test_it_opens_no_existing_account(world: World, asks: str) -> None:
    make_user(NEW)
    user = world.juniper.owner if asks == "another" else None
    with pytest.raises(SignInFirst):
        accept_invitation(
            secret=invited(world), user=user, password="another long pass phrase", now=NOW
        )
    assert User.objects.get(email=NEW).check_password(PASSWORD)
    assert not Membership.objects.filter(user__email=NEW).exists()


@pytest.mark.parametrize("known", [True, False])
def test_it_waits_while_the_partner_is_suspended(world: World, known: bool) -> None:
    user, secret = make_user(NEW) if known else None, invited(world, role="owner")
    rows, before = Partner.objects.filter(pk=world.northwind.partner.pk), AuditEntry.objects.count()
    rows.update(status="suspended")
    with pytest.raises(PartnerSuspended):
        accept_invitation(secret=secret, user=user, password=PASSWORD, now=NOW)
    assert (User.objects.filter(email=NEW).exists(), AuditEntry.objects.count()) == (known, before)
    assert not Membership.objects.filter(user__email=NEW).exists()
    rows.update(status="active")
    assert accept_invitation(secret=secret, user=user, password=PASSWORD, now=NOW).role == "owner"


def test_it_works_once(world: World) -> None:
    secret = invited(world)
    accept_invitation(secret=secret, password=PASSWORD, now=NOW)
    with pytest.raises(InvitationUnusable):
        accept_invitation(secret=secret, user=User.objects.get(email=NEW), now=NOW)


def test_it_works_for_a_week(world: World) -> None:
    secret = invited(world)
    with pytest.raises(InvitationUnusable):
        accept_invitation(secret=secret, password=PASSWORD, now=NOW + WEEK)
    accept_invitation(secret=secret, password=PASSWORD, now=NOW + WEEK - timedelta(seconds=1))


def test_it_refuses_to_join_with_a_weak_password(world: World) -> None:
    secret = invited(world)
    with pytest.raises(WeakPassword):
        accept_invitation(secret=secret, password="short", now=NOW)
    assert not User.objects.filter(email=NEW).exists()
    assert find_invitation(secret, NOW).accepted_at is None


def test_it_replaces_an_earlier_invitation(world: World) -> None:
    first, second = invited(world), invited(world, role="viewer")
    with pytest.raises(InvitationUnusable):
        find_invitation(first, NOW)
    assert find_invitation(second, NOW).role == "viewer"


def test_it_is_withdrawn_once(world: World) -> None:
    secret = invited(world)
    for _ in range(2):
        withdraw_invitation(invitation=Invitation.objects.get(), by=SYSTEM, now=NOW)
    assert AuditEntry.objects.filter(action="invitation.withdrawn").count() == 1
    with pytest.raises(InvitationUnusable):
        find_invitation(secret, NOW)


@pytest.mark.parametrize("secret", ["", "x", "x" * 43])
def test_it_knows_no_link_that_was_never_made(world: World, secret: str) -> None:
    invited(world)
    with pytest.raises(InvitationUnusable):
        find_invitation(secret, NOW)


@pytest.mark.parametrize(
    ("email", "role", "error"),
    [
        ("nobody", "viewer", BadEmail),
        (NEW, "king", UnknownRole),
        ("VIEWER@northwind.test", "owner", AlreadyMember),
    ],
)
def test_it_refuses_and_makes_nothing(
    world: World, email: str, role: str, error: type[Refusal]
) -> None:
    with pytest.raises(error):
        invited(world, email, role)
    assert not Invitation.objects.exists()
    assert not AuditEntry.objects.exists()


def test_it_refuses_invitations_to_a_full_team(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    partner = world.northwind.partner
    members = Membership.objects.filter(partner=partner).count()
    monkeypatch.setattr("partners.people.invitations.MOST_PEOPLE", members + 1)
    invited(world)
    before = (list(Invitation.objects.values()), AuditEntry.objects.count())
    with pytest.raises(TeamFull):
        invited(world, "another@northwind.test")
    assert (list(Invitation.objects.values()), AuditEntry.objects.count()) == before
    invited(world)  # replaces the first one


def test_it_counts_no_invitation_that_is_over(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    partner = world.northwind.partner
    monkeypatch.setattr(
        "partners.people.invitations.MOST_PEOPLE",
        Membership.objects.filter(partner=partner).count() + 1,
    )
    withdraw_invitation(invitation=find_invitation(invited(world), NOW), by=SYSTEM, now=NOW)
    invite(partner=partner, email="b@northwind.test", role="viewer", by=SYSTEM, now=NOW)
    invite(partner=partner, email="c@northwind.test", role="viewer", by=SYSTEM, now=NOW + WEEK)
