"""Browser protections are on every page, whatever their middleware is called."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.test import Client

PAGE = f"/{settings.ADMIN_PATH}login/"


@pytest.fixture
def headers(db: None, client: Client) -> dict[str, str]:
    return dict(client.get(PAGE).headers)


def test_it_sends_a_strict_content_security_policy(headers: dict[str, str]) -> None:
    policy = headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy


def test_it_may_not_be_framed(headers: dict[str, str]) -> None:
    assert headers["X-Frame-Options"] == "DENY"


def test_it_isolates_other_sites(headers: dict[str, str]) -> None:
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"


@pytest.mark.django_db
def test_it_refuses_a_form_without_its_token() -> None:
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(PAGE, {"username": "a@example.test", "password": "x"}).status_code == 403
