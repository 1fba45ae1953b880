"""``/livez``, ``/readyz``, ``/healthz``: whether the process is alive and can serve."""

from __future__ import annotations

import threading

import pytest
from django.db import OperationalError, connection
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from config.web import health


@pytest.fixture(autouse=True)
def _nothing_is_known_of_migrations(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_migrated", set())


@pytest.mark.django_db
def test_it_answers_200_on_a_migrated_database(client: Client) -> None:
    response = client.get("/healthz")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


@pytest.mark.django_db
def test_it_answers_a_probe_that_calls_by_ip_and_in_the_clear(
    client: Client, settings: Settings
) -> None:
    settings.ALLOWED_HOSTS = ["sellback.example.com"]
    settings.SECURE_SSL_REDIRECT = True
    assert client.get("/healthz", headers={"host": "10.0.0.7:8000"}).status_code == 200
    assert client.get("/login/", headers={"host": "10.0.0.7:8000"}).status_code == 400


@pytest.mark.django_db
def test_it_answers_503_while_a_migration_is_missing(client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'config'")
    response = client.get("/healthz")
    assert response.status_code == 503
    assert response.json() == {"status": "error", "problem": "migrations are missing"}


CHECKS = ["/livez", "/readyz", "/healthz"]


@pytest.mark.django_db
@pytest.mark.parametrize("path", CHECKS)
def test_each_answers_a_probe_by_address(client: Client, settings: Settings, path: str) -> None:
    settings.ALLOWED_HOSTS, settings.SECURE_SSL_REDIRECT = ["sellback.example.com"], True
    answer = client.get(path, headers={"host": "10.0.0.7:8000"})
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert answer["Cache-Control"] == "no-store"
    assert client.head(path, headers={"host": "10.0.0.7:8000"}).status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("path", CHECKS)
def test_each_is_a_get(client: Client, path: str) -> None:
    assert client.post(path).status_code == 404


@pytest.mark.django_db
def test_migrations_are_planned_once(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    assert client.get("/readyz").status_code == 200
    for path, queries in (("/livez", 0), ("/readyz", 1), ("/healthz", 1)):
        with django_assert_num_queries(queries):
            assert client.get(path).status_code == 200


@pytest.mark.django_db
def test_a_stopping_process_is_not_ready(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    stopping = threading.Event()
    stopping.set()
    monkeypatch.setattr(health, "DRAINING", stopping)
    assert [client.get(path).status_code for path in CHECKS] == [200, 503, 200]


def test_a_process_without_a_database_is_alive(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> None:
        raise OperationalError

    monkeypatch.setattr(connection, "cursor", away)
    assert [client.get(path).status_code for path in CHECKS] == [200, 503, 503]
    assert client.get("/readyz").json() == {"status": "error", "problem": "database unreachable"}
