"""Nobody gains rights, owners or accounts alone: a table of door × role, with forged POSTs.

Every refusal also asserts that nothing changed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from partners.decisions import access, dual_control
from partners.models import (
    AccessProposal,
    ApiKey,
    AuditEntry,
    Invitation,
    Membership,
    User,
    VerificationCode,
)
from partners.people.second_factor import remove_factors
from partners.records.actor import SHELL, SYSTEM, Actor
from tests.admin.conftest import address, browser_of, in_group, signed_in, snapshot
from tests.database.decisions import make_owner_proposal
from tests.factors import give_factor
from tests.world import World, make_user

UNVERIFIED: dict[str, Any] = {"verified_at": None, "verified_by": ""}

YES = {"confirmed": "yes"}
ROLES = ("nobody", "member", "staff", "support", "operations", "treasury", "every right")


def superuser() -> User:
    return make_user(is_staff=True, is_superuser=True)


def rights(user: User) -> dict[str, Any]:
    return access.rights_of(User.objects.get(pk=user.pk))


def step(client: Client, proposal: AccessProposal, name: str = "confirm") -> Any:
    path = reverse("admin:partners_accessproposal_step", args=[proposal.pk])
    return client.post(path, {"step": name} | YES, follow=True)


def everything() -> dict[str, Any]:
    """Every field of a user's form, forged."""
    return {
        "email": "mine@x.test",
        "password": "md5$x$y",
        "is_active": "on",
        "is_staff": "on",
        "is_superuser": "on",
        "groups": [str(group.pk) for group in Group.objects.all()],
        "user_permissions": [str(pk) for pk in Permission.objects.values_list("pk", flat=True)],
        "trusted_since_0": "2020-01-01",
        "trusted_since_1": "00:00:00",
        "trusted_since": "2020-01-01",
        "enrolment_digest": "x",
        "last_login_0": "2020-01-01",
        "reason": "so",
    }


def proposed(kind: str, world: World) -> AccessProposal:
    """A proposal by the world's admin."""
    by, user = Actor.user(world.admin), world.juniper.viewer
    if kind == "rights":
        wanted = {"is_staff": True, "groups": ["operations"]}
        return access.propose_rights(user=user, rights=wanted, reason="so", by=by)
    if kind == "factors":
        give_factor(user)
        return access.propose_factor_removal(user=user, reason="so", by=by)
    if kind == "code":
        User.objects.filter(pk=user.pk).update(
            verified_at=None, verified_by="", confined_to=world.juniper.partner
        )
        return access.propose_code(user=user, reason="so", by=by)
    partner = world.juniper.partner
    return access.propose_owner(partner=partner, email="mia@x.test", reason="so", by=by)


# --- proposing ------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ROLES)
def test_a_forged_form_gives_no_rights(world: World, who: str) -> None:
    user = make_user("clerk@x.test")
    client, before, held = browser_of(who, world), snapshot(), rights(user)
    client.post(address(User, "change", user.pk), everything())
    client.post(address(User, "add"), everything() | {"email": "more@x.test"})
    assert rights(user) == held
    assert not User.objects.filter(email="more@x.test").exists()
    assert not AccessProposal.objects.exists()
    if who != "every right":
        assert snapshot() == before


def test_a_superusers_form_only_proposes_rights(world: World) -> None:
    user = make_user("clerk@x.test")
    client, held = signed_in(world.admin), rights(user)
    page = client.post(address(User, "change", user.pk), everything() | {"email": user.email})
    assert page.status_code == 302
    assert rights(user) == held
    proposal = AccessProposal.objects.get()
    assert (proposal.rights["is_superuser"], proposal.rights["groups"]) == (
        True,
        ["operations", "support", "treasury"],
    )
    refused = client.post(
        address(User, "change", user.pk), everything() | {"email": user.email}, follow=True
    )
    assert "There is already a proposal" in refused.content.decode()


def test_rights_need_a_reason(world: World) -> None:
    user = make_user("clerk@x.test")
    before, sent = snapshot(), {"email": user.email, "is_active": "on", "is_staff": "on"}
    page = signed_in(world.admin).post(address(User, "change", user.pk), sent)
    assert "Give a reason" in page.content.decode()
    assert snapshot() == before


def test_rights_are_taken_at_once_and_returned_by_two(world: World) -> None:
    clerk = in_group("operations")
    client, path = signed_in(world.admin), address(User, "change", clerk.pk)
    client.post(path, {"email": clerk.email, "is_active": "", "is_staff": "on"})
    held = rights(clerk)
    assert (held["is_active"], held["is_staff"], held["groups"]) == (False, True, [])
    sent = {"email": clerk.email, "is_active": "on", "is_staff": "on", "reason": "is back"}
    client.post(path, sent)
    assert rights(clerk) == held
    assert AccessProposal.objects.get().rights == {"is_active": True}


def test_a_member_is_reactivated_by_one_person(world: World) -> None:
    member = world.juniper.viewer
    client, path = signed_in(world.admin), address(User, "change", member.pk)
    client.post(path, {"email": member.email, "is_active": ""})
    client.post(path, {"email": member.email, "is_active": "on"})
    assert rights(member)["is_active"] is True
    assert not AccessProposal.objects.exists()


def test_groups_are_read_only(world: World) -> None:
    client, group, before = signed_in(world.admin), Group.objects.get(name="support"), snapshot()
    held = set(group.permissions.values_list("pk", flat=True))
    sent = {"name": "support", "permissions": everything()["user_permissions"]}
    paths = [address(Group, page, group.pk) for page in ("change", "delete")]
    answers = [
        client.post(path, sent | {"post": "yes"}) for path in (*paths, address(Group, "add"))
    ]
    assert [answer.status_code for answer in answers] == [403] * 3
    assert set(group.permissions.values_list("pk", flat=True)) == held
    assert snapshot() == before


@pytest.mark.parametrize("who", [*ROLES, "superuser"])
def test_nobody_becomes_a_member_or_gets_a_live_key_in_the_admin(world: World, who: str) -> None:
    client, partner, live = browser_of(who, world), world.northwind.partner, world.northwind.live
    member = Membership.objects.get(user=world.northwind.viewer)
    before = snapshot()
    forged = {"partner": partner.pk, "role": "owner", "user": world.admin.pk, "created_at": ""}
    for mine in (world.admin, world.juniper.viewer):
        client.post(address(Membership, "add"), forged | {"user": mine.pk})
        client.post(address(Membership, "change", member.pk), forged | {"user": mine.pk})
    for name in ("environment", "environment_id", "_environment"):
        sent = {name: live.pk, "mode": "live", "name": "Mine", "digest": "x", "key_id": "y"}
        client.post(address(ApiKey, "add"), sent)
        client.post(address(ApiKey, "add") + f"?environment={live.pk}", sent)
    assert snapshot() == before


# who: whether an owner was proposed
OWNERS = dict.fromkeys(ROLES, False) | {"operations": True, "every right": True}


@pytest.mark.parametrize("who", OWNERS)
def test_an_owner_is_only_proposed(world: World, who: str) -> None:
    client, before = browser_of(who, world), snapshot()
    path = reverse("admin:partners_partner_step", args=[world.northwind.partner.pk])
    sent = {"step": "invite", "email": "me@x.test", "reason": "so", "role": "owner"} | YES
    client.post(path, sent)
    after = snapshot()
    assert AccessProposal.objects.exists() is OWNERS[who]
    assert (after == before) is not OWNERS[who]
    assert not Invitation.objects.exists()
    assert after["partners.Membership"] == before["partners.Membership"]


# --- confirming -----------------------------------------------------------------------------------

# door × role: whether it takes effect
CONFIRM = {
    kind: dict.fromkeys((*ROLES, "stale", "proposer"), False) | {"superuser": True}
    for kind in ("rights", "factors", "code", "owner")
}
CONFIRM["owner"] |= {"operations": True, "every right": True}


@pytest.mark.parametrize(
    ("kind", "who"), [(kind, who) for kind, table in CONFIRM.items() for who in table]
)
def test_it_takes_effect_by_the_table(world: World, kind: str, who: str) -> None:
    proposal, user = proposed(kind, world), world.juniper.viewer
    clients = {
        "superuser": lambda: signed_in(superuser()),
        "stale": lambda: signed_in(superuser(), fresh=False),
        "proposer": lambda: signed_in(world.admin),
    }
    client = clients[who]() if who in clients else browser_of(who, world)
    before, factors = snapshot(), Authenticator.objects.filter(user=user).count()
    step(client, proposal)
    proposal.refresh_from_db()
    done = {
        "rights": rights(user)["groups"] == ["operations"],
        "factors": factors > 0 and not Authenticator.objects.filter(user=user).exists(),
        "code": VerificationCode.objects.filter(user=user).exists(),
        "owner": Invitation.objects.filter(email="mia@x.test", role="owner").exists(),
    }[kind]
    assert (done, proposal.confirmed_at is not None) == (CONFIRM[kind][who],) * 2
    if not CONFIRM[kind][who]:
        assert snapshot() == before


def test_a_person_cannot_confirm_rights_for_themselves(world: World) -> None:
    user = superuser()
    proposal = access.propose_rights(
        user=user, rights={"groups": ["treasury"]}, reason="so", by=Actor.user(world.admin)
    )
    before = snapshot()
    with pytest.raises(dual_control.SamePerson):
        access.confirm(proposal=proposal, by=Actor.user(user))
    assert snapshot() == before


@pytest.mark.parametrize("by", [SYSTEM, Actor("key", "abc")], ids=str)
def test_machines_decide_nothing(world: World, by: Actor) -> None:
    proposal = make_owner_proposal(world.northwind.partner)
    before = snapshot()
    for act in (access.confirm, access.withdraw):
        with pytest.raises(dual_control.PeopleOnly):
            act(proposal=proposal, by=by)
    with pytest.raises(dual_control.PeopleOnly):
        access.propose_factor_removal(user=world.juniper.viewer, reason="so", by=by)
    assert snapshot() == before


def test_it_is_withdrawn_and_audited(world: World) -> None:
    proposal = proposed("owner", world)
    step(signed_in(world.admin), proposal, "withdraw")
    assert not AccessProposal.objects.exists()
    assert list(AuditEntry.objects.order_by("id").values_list("action", flat=True)) == [
        "access.proposed",
        "access.withdrawn",
    ]


def test_only_superusers_see_accounts_of_the_staff(world: World) -> None:
    proposal = proposed("rights", world)
    client = signed_in(in_group("operations"))
    assert (
        world.juniper.viewer.email
        not in client.get(address(AccessProposal, "changelist")).content.decode()
    )
    assert client.get(address(AccessProposal, "change", proposal.pk)).status_code == 302


# --- unverified accounts --------------------------------------------------------------------------

STAFF_RIGHTS: list[dict[str, Any]] = [
    {"is_staff": True},
    {"is_superuser": True},
    {"groups": ["treasury"]},
    {"user_permissions": ["partners.add_partner"]},
]


@pytest.mark.parametrize("wanted", STAFF_RIGHTS, ids=str)
def test_nobody_proposes_rights_for_an_unverified_account(
    world: World, wanted: dict[str, Any]
) -> None:
    user = make_user("clerk@x.test", **UNVERIFIED)
    before = snapshot()
    with pytest.raises(access.StaffNotVerified):
        access.propose_rights(user=user, rights=wanted, reason="so", by=Actor.user(world.admin))
    everyone: dict[str, Any] = {"groups": Group, "user_permissions": Permission}
    sent = {
        name: [str(one.pk) for one in everyone[name].objects.all()] if name in everyone else "on"
        for name in wanted
    }
    page = signed_in(world.admin).post(
        address(User, "change", user.pk), {"is_active": "on", "reason": "so"} | sent
    )
    assert access.StaffNotVerified.sentence in page.content.decode()
    assert snapshot() == before


@pytest.mark.parametrize("wanted", STAFF_RIGHTS, ids=str)
def test_nobody_confirms_rights_for_an_unverified_account(
    world: World, wanted: dict[str, Any]
) -> None:
    """Such as a proposal from before addresses were verified."""
    user = make_user("clerk@x.test", **UNVERIFIED)
    proposal = AccessProposal.objects.create(
        kind="rights", user=user, rights=wanted, reason="so", proposed_by=str(SHELL)
    )
    before = snapshot()
    page = step(signed_in(world.admin), proposal)
    assert access.StaffNotVerified.sentence in page.content.decode()
    with pytest.raises(access.StaffNotVerified):
        access.grant(user=user, rights=wanted, by=SHELL)
    assert snapshot() == before


# --- the age of the second person ----------------------------------------------------------------


def aged(user: User, hours: int) -> User:
    """The account has had its rights for so long."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE partners_user SET trusted_since = now() - %s * interval '1 hour' WHERE id = %s",
            [hours, user.pk],
        )
    return user


RECENT: dict[str, Callable[[User], object]] = {
    "staff": lambda user: User.objects.filter(pk=user.pk, is_staff=False).update(is_staff=True),
    "superuser": lambda user: User.objects.filter(pk=user.pk).update(is_superuser=True),
    "active": lambda user: User.objects.filter(pk=user.pk).update(is_active=True),
    "group": lambda user: user.groups.add(Group.objects.get(name="treasury")),
    "permission": lambda user: user.user_permissions.add(Permission.objects.all()[0]),
    "group's permission": lambda _: Group.objects.get(name="support").permissions.add(
        *Permission.objects.all()
    ),
    "factors": lambda user: remove_factors(user=user, by=SYSTEM),
}


@pytest.mark.parametrize("what", RECENT)
def test_a_right_of_five_minutes_confirms_nothing(
    world: World, settings: Settings, what: str
) -> None:
    settings.DUAL_CONTROL_MIN_AGE = 86_400
    user = make_user(is_staff=what != "staff", is_active=what != "active")
    give_factor(user) if what == "staff" else None
    user.groups.add(Group.objects.get(name="support"))
    aged(user, 48)
    proposal, by = proposed("owner", world), Actor.user(user)
    if what != "active":
        assert dual_control.is_old_enough(proposal, by)
    RECENT[what](user)
    before = snapshot()
    with pytest.raises(dual_control.TooRecent):
        access.confirm(proposal=proposal, by=by)
    assert snapshot() == before
    assert access.confirm(proposal=proposal, by=SHELL).secret


@pytest.mark.parametrize(("hours", "allowed"), [(23, False), (25, True)])
def test_the_age_counts_from_the_proposal(
    world: World, settings: Settings, hours: int, allowed: bool
) -> None:
    settings.DUAL_CONTROL_MIN_AGE = 86_400
    user, proposal = aged(in_group("operations"), hours), proposed("owner", world)
    assert dual_control.is_old_enough(proposal, Actor.user(user)) is allowed


@pytest.mark.parametrize("who", [*ROLES, "superuser"])
def test_nobody_takes_over_or_makes_an_account(world: World, who: str) -> None:
    """A person who sets another's password or address could act as that person."""
    client, before = browser_of(who, world), snapshot()
    new = {"password1": "a whole new phrase", "password2": "a whole new phrase"}
    new |= {"usable_password": "true", "email": "mine@x.test", "is_active": "on"}
    for user in (world.northwind.owner, world.juniper.viewer):
        path = reverse("admin:auth_user_password_change", args=[user.pk])
        assert client.post(path, new).status_code in (302, 403)
        client.post(address(User, "change", user.pk), new)
    assert client.post(address(User, "add"), new).status_code in (302, 403)
    assert snapshot() == before
