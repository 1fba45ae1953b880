"""A partner's team: added, changed, removed, and audited."""

from __future__ import annotations

import pytest

from config.foundation.errors import Refusal
from partners.models import AuditEntry, Membership, User
from partners.people.team import (
    AlreadyMember,
    BadEmail,
    LastOwner,
    UnknownRole,
    WeakPassword,
    add_member,
    change_role,
    remove_member,
)
from partners.records.actor import SYSTEM
from tests.world import PASSWORD, make_membership, make_partner, make_user


def test_it_makes_a_user_who_can_sign_in(db: None) -> None:
    partner = make_partner()
    member = add_member(
        partner=partner, email=" Ops@Example.TEST ", role="operator", by=SYSTEM, password=PASSWORD
    )
    assert (member.partner, member.role, member.user.email) == (
        partner,
        "operator",
        "ops@example.test",
    )
    assert member.user.check_password(PASSWORD)
    assert not member.user.is_staff
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.partner) == ("member.added", partner)
    assert PASSWORD not in str(entry.after)


def test_it_makes_a_user_who_cannot_sign_in_yet_without_a_password(db: None) -> None:
    member = add_member(partner=make_partner(), email="ops@example.test", role="viewer", by=SYSTEM)
    assert not member.user.has_usable_password()


def test_it_adds_an_existing_user_whatever_the_letter_case_and_keeps_the_password(db: None) -> None:
    user = make_user("ops@example.test")
    member = add_member(partner=make_partner(), email="OPS@example.test", role="owner", by=SYSTEM)
    assert member.user == user
    assert User.objects.get().check_password(PASSWORD)


def test_it_sets_an_existing_users_password_where_one_is_given(db: None) -> None:
    make_user("ops@example.test")
    new = "another long pass phrase"
    add_member(
        partner=make_partner(), email="ops@example.test", role="owner", by=SYSTEM, password=new
    )
    assert User.objects.get().check_password(new)


@pytest.mark.parametrize(
    ("email", "role", "password", "error"),
    [
        ("", "viewer", None, BadEmail),
        ("nobody", "viewer", None, BadEmail),
        ("a\x00@example.test", "viewer", None, BadEmail),
        ("new@example.test", "king", None, UnknownRole),
        ("new@example.test", "viewer", "short", WeakPassword),
        ("new@example.test", "viewer", "", WeakPassword),
        ("member@example.test", "owner", None, AlreadyMember),
        ("member@example.test", "owner", "another long pass phrase", AlreadyMember),
    ],
)
def test_it_refuses_and_makes_nothing(
    db: None, email: str, role: str, password: str | None, error: type[Refusal]
) -> None:
    member = make_membership(make_partner(), user=make_user("member@example.test"))
    with pytest.raises(error):
        add_member(partner=member.partner, email=email, role=role, by=SYSTEM, password=password)
    assert User.objects.get().check_password(PASSWORD)
    assert Membership.objects.get().role == "viewer"
    assert not AuditEntry.objects.exists()


def test_it_changes_a_role_once(db: None) -> None:
    member = make_membership(make_partner())
    for _ in range(2):
        change_role(membership=member, role="owner", by=SYSTEM)
    member.refresh_from_db()
    entry = AuditEntry.objects.get()
    assert (member.role, entry.action) == ("owner", "member.role_changed")
    assert (entry.before["role"], entry.after["role"]) == ("viewer", "owner")


def test_it_refuses_an_unknown_role(db: None) -> None:
    member = make_membership(make_partner())
    with pytest.raises(UnknownRole):
        change_role(membership=member, role="king", by=SYSTEM)
    member.refresh_from_db()
    assert (member.role, AuditEntry.objects.count()) == ("viewer", 0)


def test_it_removes_a_member_and_keeps_the_user(db: None) -> None:
    member = make_membership(make_partner())
    remove_member(membership=member, by=SYSTEM)
    assert (Membership.objects.count(), User.objects.count()) == (0, 1)
    assert AuditEntry.objects.get().action == "member.removed"


@pytest.mark.parametrize("other", ["none", "closed"])
def test_it_keeps_the_last_owner(db: None, other: str) -> None:
    partner = make_partner()
    owner = make_membership(partner, role="owner")
    if other == "closed":
        make_membership(partner, user=make_user(is_active=False), role="owner")
    with pytest.raises(LastOwner):
        change_role(membership=owner, role="viewer", by=SYSTEM)
    with pytest.raises(LastOwner):
        remove_member(membership=owner, by=SYSTEM)
    owner.refresh_from_db()
    assert (owner.role, AuditEntry.objects.count()) == ("owner", 0)


def test_it_lets_an_owner_go_while_there_is_another(db: None) -> None:
    partner = make_partner()
    first, second = make_membership(partner, role="owner"), make_membership(partner, role="owner")
    change_role(membership=first, role="operator", by=SYSTEM)
    with pytest.raises(LastOwner):
        remove_member(membership=second, by=SYSTEM)
