"""Two owners leave at the same time: one stays. One link, opened many times: one member.

One address, invited by two partners: the account that opens first belongs to one of them.
"""

from __future__ import annotations

from collections import Counter
from threading import Barrier

import pytest
from django.db import transaction

from partners.models import AuditEntry, Membership, User, VerificationCode
from partners.people.invitations import accept_invitation, invite
from partners.people.team import change_role, remove_member
from partners.people.verification import make_code, verify_by_code
from partners.records.actor import SYSTEM
from tests.races.test_review import outcome_of
from tests.threads import together
from tests.world import NOW, PASSWORD, World, make_membership, make_user

pytestmark = pytest.mark.django_db(transaction=True)


def owners(world: World) -> list[Membership]:
    make_membership(world.northwind.partner, role="owner")
    return list(Membership.objects.filter(partner=world.northwind.partner, role="owner"))


def left(world: World) -> int:
    return Membership.objects.filter(partner=world.northwind.partner, role="owner").count()


def test_it_shows_both_owners_leaving_without_the_lock(world: World) -> None:
    """The control: each finds the other before either has left."""
    both_have_looked = Barrier(2)

    def naive(mine: Membership) -> None:
        with transaction.atomic():
            others = Membership.objects.filter(partner=mine.partner_id, role="owner").exclude(
                pk=mine.pk
            )
            assert others.exists()
            both_have_looked.wait(timeout=30)
            mine.delete()

    together([lambda one=one: naive(one) for one in owners(world)])  # type: ignore[misc]
    assert left(world) == 0


def test_it_keeps_one_of_two_owners_who_leave_at_once(world: World) -> None:
    calls = [outcome_of(remove_member, membership=one, by=SYSTEM) for one in owners(world)]
    assert Counter(together(calls)) == {"done": 1, "LastOwner": 1}
    assert left(world) == 1


def test_it_keeps_one_of_two_owners_who_step_down_at_once(world: World) -> None:
    calls = [
        outcome_of(change_role, membership=one, role="viewer", by=SYSTEM) for one in owners(world)
    ]
    assert Counter(together(calls)) == {"done": 1, "LastOwner": 1}
    assert left(world) == 1


def test_it_makes_one_member_of_a_link_opened_eight_times_at_once(world: World) -> None:
    _, secret = invite(
        partner=world.northwind.partner, email="new@x.test", role="viewer", by=SYSTEM, now=NOW
    )
    calls = [outcome_of(accept_invitation, secret=secret, password=PASSWORD, now=NOW)] * 8
    assert Counter(together(calls)) == {"done": 1, "InvitationUnusable": 7}
    assert User.objects.filter(email="new@x.test").count() == 1


def test_it_confines_an_account_that_two_partners_links_open_at_once(world: World) -> None:
    """Neither link was mailed, so neither proves the address."""
    secrets = [
        invite(partner=one.partner, email="new@x.test", role="viewer", by=SYSTEM, now=NOW)[1]
        for one in (world.northwind, world.juniper)
    ] * 4
    calls = [
        outcome_of(accept_invitation, secret=secret, password=PASSWORD, now=NOW)
        for secret in secrets
    ]
    outcomes = Counter(together(calls))
    assert outcomes["done"] == 1
    assert set(outcomes) <= {"done", "SignInFirst", "InvitationUnusable"}
    member = Membership.objects.get(user__email="new@x.test")
    assert (member.user.confined_to, member.user.is_verified) == (member.partner, False)


def test_a_codes_tries_are_counted_one_by_one(world: World) -> None:
    user = make_user("new@x.test", verified_at=None, verified_by="")
    make_code(user=user, by=SYSTEM, now=NOW)
    calls = [
        outcome_of(verify_by_code, email="new@x.test", text="WRONG", password=PASSWORD, now=NOW)
    ] * 8
    assert Counter(together(calls)) == {"CodeUnusable": 8}
    assert VerificationCode.objects.get().tries_left == 0
    assert AuditEntry.objects.filter(action="user.verification_code_wrong").count() == 5
