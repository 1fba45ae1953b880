"""Two simultaneous rotations of a key: one new key, which is the one shown."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from threading import Barrier

import pytest

from partners.keys.api_keys import issue_key, rotate_key
from partners.models import ApiKey
from partners.records.actor import SYSTEM
from tests.races.test_review import outcome_of
from tests.threads import together
from tests.world import NOW, World

pytestmark = pytest.mark.django_db(transaction=True)


def successors(world: World) -> int:
    return ApiKey.objects.filter(environment=world.northwind.live).count() - 1


def test_it_shows_two_successors_without_the_lock(world: World) -> None:
    """The control: each finds a key that is not rotated yet."""
    both_have_looked = Barrier(2)

    def naive() -> None:
        old = ApiKey.objects.get(environment=world.northwind.live)
        assert old.replaced_by_id is None
        both_have_looked.wait(timeout=30)
        new, _ = issue_key(environment=world.northwind.live, name="New", by=SYSTEM, now=NOW)
        ApiKey.objects.filter(pk=old.pk).update(replaced_by=new, expires_at=NOW)

    together([naive] * 2)
    assert successors(world) == 2


def test_it_rotates_once_when_asked_twice_at_once(world: World) -> None:
    old = ApiKey.objects.get(environment=world.northwind.live)
    calls = [outcome_of(rotate_key, key=old, overlap=timedelta(hours=24), by=SYSTEM, now=NOW)] * 2
    assert Counter(together(calls)) == {"done": 1, "KeyRotated": 1}
    new = ApiKey.objects.get(replaces=old)
    assert (new.expires_at, successors(world)) == (None, 1)
