"""Thirty simultaneous wrong passwords for one account: ten are checked. First without the lock."""

from __future__ import annotations

import threading
from collections import Counter

import pytest
from allauth.core.internal import ratelimit
from django.core.cache import cache
from django.test import Client

from partners.people.allauth_adapters import TOO_MANY
from tests.threads import together
from tests.world import World

AT_ONCE, MOST_FAILURES = 30, 10
pytestmark = pytest.mark.django_db(transaction=True)


def test_it_shows_that_counting_up_loses_failures() -> None:
    """The control: read the count, then write one more. All read the same number."""
    everybody_has_read = threading.Barrier(AT_ONCE)

    def naive() -> None:
        count = cache.get("failures", 0)
        everybody_has_read.wait(timeout=30)
        cache.set("failures", count + 1)

    together([naive] * AT_ONCE)
    assert cache.get("failures") == 1


def test_it_checks_ten_passwords_however_many_are_simultaneous(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        ratelimit, "CACHE_LOCK_WAIT_TIMEOUT", 60
    )  # on a slow machine, late ones are refused too

    def guess() -> bool:
        answer = Client().post("/login/", {"login": "owner@northwind.test", "password": "wrong"})
        return str(TOO_MANY) in answer.content.decode()

    assert Counter(together([guess] * AT_ONCE)) == {
        False: MOST_FAILURES,
        True: AT_ONCE - MOST_FAILURES,
    }
