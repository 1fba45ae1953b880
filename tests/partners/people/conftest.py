"""Common steps of account tests: signing in, and reading authenticator codes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from allauth.mfa.totp.internal import auth as totp
from django.http import HttpResponse
from django.test import Client

from tests.factors import totp_code
from tests.world import PASSWORD


@dataclass
class HalfMinute:
    """The current half minute, for every authenticator app and the server."""

    number: int = 59_000_000

    def code(self) -> str:
        """The code of an app with the tests' secret; never the same twice."""
        self.number += 1
        return totp_code()


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> HalfMinute:
    """An authenticator app whose time passes only when it is read."""
    now = HalfMinute()

    def counters() -> Iterator[int]:
        return iter(range(now.number - 1, now.number + 2))

    monkeypatch.setattr(totp, "yield_hotp_counters_from_time", counters)
    return now


def sign_in(client: Client, email: str, password: str = PASSWORD, **more: str) -> HttpResponse:
    """Send the login form."""
    return client.post("/login/", {"login": email, "password": password} | more)  # type: ignore[return-value]


def give_code(client: Client, code: str) -> HttpResponse:
    """Send the form for the second factor."""
    return client.post("/account/factors/authenticate/", {"code": code})  # type: ignore[return-value]
