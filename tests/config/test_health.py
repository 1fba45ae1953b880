"""`GET /healthz`: whether this process can serve."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from pytest_django import Settings


@pytest.mark.django_db
def test_it_answers_200_on_a_migrated_database(client: Client) -> None:
    response = client.get("/healthz")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


@pytest.mark.django_db
def test_it_answers_a_probe_that_calls_by_ip_and_in_the_clear(client: Client, settings: Settings) -> None:
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
