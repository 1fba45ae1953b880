"""What the database refuses about accounts: unverified ones stay in one team, and are not staff.

And the migration that gives addresses one spelling and decides who counts as verified.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.core.management.base import CommandError
from django.db import IntegrityError, connection, transaction

from partners.models import Invitation, Membership, User
from tests.database.people import UNVERIFIED, as_written
from tests.invitations import make_invitation
from tests.world import NOW, World, make_membership, make_user

MIGRATION: Any = import_module("partners.migrations.0025_verified_addresses")
VERIFIED: dict[str, Any] = {"verified_at": NOW, "verified_by": "mail"}


def unverified(world: World, **fields: Any) -> User:
    """A viewer of Northwind whose address nobody has proved."""
    partner = world.northwind.partner
    user = make_user(**UNVERIFIED, confined_to=partner, **fields)
    make_membership(partner, user=user)
    return user


def refused(change: Any) -> None:
    before = list(User.objects.values()), list(Membership.objects.values())
    with pytest.raises(IntegrityError), transaction.atomic():
        change()
    assert (list(User.objects.values()), list(Membership.objects.values())) == before


def test_an_unverified_account_joins_no_other_partner(world: World) -> None:
    user, other = unverified(world), world.juniper.partner
    refused(lambda: make_membership(other, user=user))
    refused(lambda: Membership.objects.filter(user=user).update(partner=other))
    refused(lambda: Membership.objects.filter(user=world.juniper.viewer).update(user=user))
    refused(lambda: make_membership(other, user=make_user(**UNVERIFIED)))
    User.objects.filter(pk=user.pk).update(**VERIFIED)
    make_membership(other, user=user)


def test_an_account_in_two_teams_stays_verified(world: World) -> None:
    user = unverified(world)
    rows = User.objects.filter(pk=user.pk)
    rows.update(**VERIFIED)
    make_membership(world.juniper.partner, user=user)
    refused(lambda: rows.update(**UNVERIFIED))
    Membership.objects.get(user=user, partner=world.juniper.partner).delete()
    rows.update(**UNVERIFIED)
    refused(lambda: rows.update(confined_to=world.juniper.partner))
    refused(lambda: rows.update(confined_to=None))


def test_a_changed_address_is_not_verified(world: World) -> None:
    rows = User.objects.filter(pk=world.northwind.viewer.pk)
    refused(lambda: rows.update(email="another@northwind.test"))
    refused(lambda: rows.update(email="another@northwind.test", is_active=False))
    rows.update(confined_to=world.northwind.partner)
    rows.update(email="another@northwind.test", **UNVERIFIED)


@pytest.fixture
def old_rows(world: World) -> World:
    """The world with columns as before: without the rules of addresses."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in ("partners_user", "partners_invitation"):
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {table}_email_spelling")
        for table in ("partners_user", "partners_membership"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    User.objects.filter(is_staff=False).update(**UNVERIFIED, confined_to=None)
    return world


def spelt(user: User, text: str) -> None:
    User.objects.filter(pk=user.pk).update(email=as_written(text))


def test_the_upgrade_spells_addresses_and_confines_members(old_rows: World) -> None:
    both, nobody = make_user(**UNVERIFIED), make_user(**UNVERIFIED)
    for partner in (old_rows.northwind.partner, old_rows.juniper.partner):
        make_membership(partner, user=both)
    spelt(both, "Both@MÜNCHEN.example")
    User.objects.filter(is_staff=True).update(verified_at=NOW, verified_by="code")
    MIGRATION.fill(apps, None)
    found = {user.pk: user for user in User.objects.all()}
    assert found[both.pk].email == "both@xn--mnchen-3ya.example"
    assert (found[both.pk].verified_by, found[old_rows.admin.pk].verified_by) == ("upgrade",) * 2
    owner = found[old_rows.northwind.owner.pk]
    assert (owner.is_verified, owner.confined_to) == (False, old_rows.northwind.partner)
    assert (found[nobody.pk].is_verified, found[nobody.pk].confined_to) == (False, None)


@pytest.mark.parametrize(
    ("first", "second", "sentence"),
    [
        (
            "x@münchen.example",
            "x@xn--mnchen-3ya.example",
            "The accounts 'x@münchen.example' and 'x@xn--mnchen-3ya.example' have the same address",
        ),
        ("a@x.test", '"a b"@x.test', "The account '\"a b\"@x.test' has an address"),
    ],
)
def test_the_upgrade_stops_and_names_accounts(
    old_rows: World, first: str, second: str, sentence: str
) -> None:
    spelt(old_rows.northwind.viewer, first)
    spelt(old_rows.juniper.viewer, second)
    before = list(User.objects.values())
    with pytest.raises(CommandError) as stopped:
        MIGRATION.fill(apps, None)
    assert str(stopped.value).startswith(sentence)
    assert "docs/operate.md" in str(stopped.value)
    assert list(User.objects.values()) == before


def test_the_upgrade_keeps_the_newest_of_two_open_invitations(old_rows: World) -> None:
    partner = old_rows.northwind.partner
    texts = ["x@münchen.example", "x@xn--mnchen-3ya.example", '"a b"@x.test', "B@x.test"]
    rows = [make_invitation(partner) for _ in texts]
    ended = make_invitation(partner, accepted_at=NOW)
    for row, text in zip([*rows, ended], [*texts, '"c d"@x.test'], strict=True):
        Invitation.objects.filter(pk=row.pk).update(email=as_written(text))
    MIGRATION.fill(apps, None)
    found = [Invitation.objects.get(pk=row.pk) for row in rows]
    assert [one.withdrawn_at is None for one in found] == [False, True, False, True]
    assert (found[1].email, found[3].email) == ("x@xn--mnchen-3ya.example", "b@x.test")
    assert Invitation.objects.get(pk=ended.pk).withdrawn_at is None
