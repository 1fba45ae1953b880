"""Length limits of addresses and headers of pages, but not of the API."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings as configured
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from tests.dashboard.steps import signed_in
from tests.world import World

LIMIT, HEADERS = configured.PAGE_ADDRESS_LIMIT, configured.PAGE_HEADER_LIMIT
pytestmark = pytest.mark.django_db


def length(path: str) -> int:
    return len(path.replace("?", "", 1))


@pytest.mark.parametrize("start", ["/login/?next=/", "/", "/faces/", "/api/docs?q=", "/healthz?q="])
def test_it_reads_no_page_of_a_longer_address(client: Client, start: str) -> None:
    long = start + "x" * (LIMIT - length(start))
    assert client.get(long).status_code != 414
    assert client.get(long + "x").status_code == 414


@pytest.mark.parametrize(
    "name", ["Accept", "Accept-Language", "Cookie", "X-Forwarded-For", "X-Anything"]
)
def test_it_reads_no_page_of_larger_headers(client: Client, name: str) -> None:
    assert client.get("/login/", headers={name: "a" * (HEADERS // 2)}).status_code == 200
    assert client.get("/login/", headers={name: "a" * (HEADERS + 1)}).status_code == 431


def test_it_refuses_without_a_query(
    world: World, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = signed_in(world.northwind.owner)
    with django_assert_num_queries(0):
        assert client.get("/dashboard/live/payouts/", {"user": "x" * LIMIT}).status_code == 414


@pytest.mark.parametrize(
    ("address", "status"), [("x" * LIMIT, 404), (f"ada?limit={'1' * LIMIT}", 200)]
)
def test_it_leaves_the_api_alone(world: World, address: str, status: int) -> None:
    from tests.world import make_collector

    make_collector(world.northwind.live, "ada")
    key = {"X-API-Key": world.northwind.live_key, "Accept": "a/b," * HEADERS}
    assert Client().get(f"/api/v1/inventory/{address}", headers=key).status_code == status


def test_it_follows_its_settings(client: Client, settings: Settings) -> None:
    settings.PAGE_ADDRESS_LIMIT, settings.PAGE_HEADER_LIMIT = 20, 40
    assert client.get("/login/?next=/dashboard/").status_code == 414
    assert client.get("/login/", headers={"X-Anything": "a" * 41}).status_code == 431


@pytest.mark.parametrize(
    "kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=b"]
)
def test_it_reads_no_form_of_more_fields_than_a_page_sends(client: Client, kind: str) -> None:
    most: Any = configured.DATA_UPLOAD_MAX_MEMORY_SIZE
    for size, status in ((most // 2, 200), (most + 1, 400)):
        field = f"login={'a' * size}"
        if "multipart" in kind:
            field = (
                "--b\r\nContent-Disposition: form-data; "
                f'name="login"\r\n\r\n{"a" * size}\r\n--b--\r\n'
            )
        assert client.post("/login/", field, content_type=kind).status_code == status
