"""Two owners leave at the same time: one stays. One link, opened many times: one member."""

from __future__ import annotations

from collections import Counter
from threading import Barrier

import pytest
from django.db import transaction

from partners.models import Membership, User
from partners.people.invitations import accept_invitation, invite
from partners.people.team import change_role, remove_member
from partners.records.actor import SYSTEM
from tests.races.test_review import outcome_of
from tests.threads import together
from tests.world import NOW, PASSWORD, World, make_membership

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
