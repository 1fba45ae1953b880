"""The client's address behind our own proxies; forged entries are ignored."""

from __future__ import annotations

from pathlib import Path

import pytest
from allauth.usersessions.models import UserSession
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from config.web.middleware import ClientAddressMiddleware
from tests.config.foundation.test_environment import manage
from tests.world import PASSWORD, World

PROXY, ANN, BOB = "192.0.2.1", "203.0.113.7", "203.0.113.8"


@pytest.mark.parametrize(
    ("proxies", "header", "address"),
    [
        (0, ANN, PROXY),
        (1, None, PROXY),
        (1, ANN, ANN),
        (1, f"{BOB}, {ANN}", ANN),
        (1, f"{BOB},  {ANN} ", ANN),
        (1, f"{ANN}:4711", ANN),
        (1, "2001:db8::1", "2001:db8::1"),
        (1, f"{ANN}, unknown", PROXY),
        (1, f"{ANN},", PROXY),
        (1, "", PROXY),
        (2, f"{BOB}, {ANN}, 198.51.100.1", ANN),
        (2, ANN, PROXY),
    ],
)
def test_it_believes_as_many_entries_as_there_are_proxies(
    settings: Settings, proxies: int, header: str | None, address: str
) -> None:
    settings.TRUSTED_PROXIES = proxies
    sent = {} if header is None else {"X-Forwarded-For": header}
    seen: list[str] = []

    def answer(request: HttpRequest) -> HttpResponse:
        seen.append(request.META["REMOTE_ADDR"])
        return HttpResponse()

    ClientAddressMiddleware(answer)(RequestFactory(REMOTE_ADDR=PROXY).get("/", headers=sent))
    assert seen == [address]


def sign_in(forwarded: str, login: str, password: str = PASSWORD) -> int:
    """The login page's status for a client behind the proxy; 302 is success."""
    client = Client(REMOTE_ADDR=PROXY, headers={"X-Forwarded-For": forwarded})
    return client.post("/login/", {"login": login, "password": password}).status_code


@pytest.mark.parametrize("proxies", [0, 1])
def test_it_locks_out_only_the_attacker(world: World, settings: Settings, proxies: int) -> None:
    """With 0, the control: behind an unconfigured proxy, everyone is locked out."""
    settings.TRUSTED_PROXIES = proxies
    for number in range(51):
        sign_in(
            f"10.0.0.{number}, {ANN}", f"somebody-{number}@northwind.test", "wrong"
        )  # forged, then the proxy's
    assert sign_in(f"10.1.1.1, {ANN}", "owner@northwind.test") == 200
    assert sign_in(BOB, "owner@northwind.test") == (302 if proxies else 200)


@pytest.mark.parametrize("path", ["/api/v1/nowhere", "/api/v1/inventory/ann"])
def test_it_counts_calls_without_a_key_by_the_client(
    world: World, settings: Settings, path: str
) -> None:
    settings.TRUSTED_PROXIES, settings.API_RATE_LIMIT, settings.WEB_WORKERS = 1, 2, 1
    status = [
        Client(REMOTE_ADDR=PROXY).get(path, headers={"X-Forwarded-For": forwarded}).status_code
        for forwarded in (ANN, f"10.0.0.1, {ANN}", f"10.0.0.2, {ANN}", BOB)
    ]
    assert [code == 429 for code in status] == [False, False, True, False]


def test_it_shows_the_clients_address_in_the_list_of_sessions(
    world: World, settings: Settings
) -> None:
    settings.TRUSTED_PROXIES = 1
    assert sign_in(f"10.0.0.1, {ANN}", "owner@northwind.test") == 302
    assert [session.ip for session in UserSession.objects.all()] == [ANN]


@pytest.mark.django_db
def test_it_takes_no_query(
    settings: Settings, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    settings.TRUSTED_PROXIES = 1
    with django_assert_num_queries(0):
        Client(REMOTE_ADDR=PROXY).get("/api/v1/nowhere", headers={"X-Forwarded-For": ANN})


@pytest.mark.parametrize(
    ("variables", "count"),
    [
        ({}, "0"),
        ({"BEHIND_TLS_PROXY": "true"}, "1"),
        ({"BEHIND_TLS_PROXY": "true", "TRUSTED_PROXIES": "2"}, "2"),
    ],
)
def test_it_takes_a_proxy_that_ends_tls_for_one(
    tmp_path: Path, variables: dict[str, str], count: str
) -> None:
    script = "from django.conf import settings; print(settings.TRUSTED_PROXIES)"
    cleared = {"BEHIND_TLS_PROXY": "", "TRUSTED_PROXIES": ""}
    assert (
        manage(tmp_path, "shell", "--no-imports", "-c", script, **cleared | variables).stdout
        == f"{count}\n"
    )
