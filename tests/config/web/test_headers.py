"""Browser protections are on every page, whatever their middleware is called."""

from __future__ import annotations

from contextlib import closing

import pytest
from django.conf import settings
from django.test import Client

from config.foundation.codes import Code
from config.web import limits
from tests.world import World

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


EVERYTHING = ["/livez", "/healthz", "/faces/back.svg", "/api/v1/inventory/x", "/_/api/v1/nothing"]
EVERYTHING += ["/login/", "/nothing", "/api/docs", "/static/app.css"]


@pytest.mark.django_db
@pytest.mark.parametrize("path", EVERYTHING)
def test_every_response_limits_the_browser(client: Client, path: str) -> None:
    with closing(client.get(path)) as answer:
        headers = answer.headers
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Frame-Options"] == "DENY"
    assert "camera=()" in headers["Permissions-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_so_does_a_refusal_of_the_web_server_itself() -> None:
    headers = dict(limits.refusal(b"/api/v1/x", "No", Code.OVERLOADED, ())[0])
    for name, value in limits.SAFE_HEADERS.items():
        assert headers[name.lower().encode()] == value.encode()


@pytest.mark.django_db
@pytest.mark.parametrize("path", EVERYTHING)
def test_only_probes_may_call_by_another_name(client: Client, path: str) -> None:
    with closing(client.get(path, headers={"host": "elsewhere.example.test"})) as answer:
        content = b"" if answer.streaming else answer.content
    assert (answer.status_code == 400) == (path not in {"/livez", "/healthz"})
    if answer.status_code == 400:
        assert answer["X-Error-Code"] == "host_not_allowed"
        assert b"Host not allowed" in content


def test_a_page_of_a_signed_in_person_is_never_stored(world: World, client: Client) -> None:
    assert "no-store" not in client.get("/nothing").headers.get("Cache-Control", "")
    client.force_login(world.northwind.owner)
    for path in ("/dashboard/live/", "/account/", "/nothing"):
        assert "no-store" in client.get(path).headers["Cache-Control"]
