"""ADMIN_PATH moves the whole admin: nothing remains at the default path, and no link to it."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator

import pytest
from django.conf import settings as configured
from django.test import Client
from django.urls import clear_url_caches, reverse
from pytest_django.fixtures import Settings

import config.urls
from buyback.models import Buyback
from buyback.sellback.sell_back import sell_back
from partners.records.actor import SYSTEM
from tests.admin.conftest import address, signed_in
from tests.world import World, make_item

PLACE = "/back/office/"


def reload_addresses() -> None:
    """Reload the addresses with the current settings."""
    clear_url_caches()
    importlib.reload(config.urls)


@pytest.fixture
def moved(settings: Settings) -> Iterator[None]:
    usual = configured.ADMIN_PATH
    settings.ADMIN_PATH = PLACE.removeprefix("/")
    reload_addresses()
    yield
    settings.ADMIN_PATH = usual
    reload_addresses()


@pytest.mark.usefixtures("moved")
def test_it_is_nowhere_else(world: World) -> None:
    for client in (Client(), signed_in(world.admin)):
        for path in ("/admin/", "/admin/login/", "/admin/exposure/", "/admin/partners/partner/"):
            assert client.get(path).status_code == 404


@pytest.mark.usefixtures("moved")
def test_it_asks_a_signed_out_user_to_sign_in_and_returns(world: World) -> None:
    assert Client().get(PLACE, follow=True).redirect_chain[-1][0] == f"/login/?next={PLACE}"
    deep = f"{PLACE}partners/partner/"
    assert Client().get(deep, follow=True).redirect_chain[-1][0] == f"/login/?next={deep}"


@pytest.mark.usefixtures("moved")
def test_it_works_there_by_its_links_and_under_the_same_policy(world: World) -> None:
    item, client = make_item(world.northwind.live), signed_in(world.admin)
    sale = sell_back(environment=item.environment, item_id=item.public_id, by=SYSTEM)
    policy = client.get("/login/").headers["Content-Security-Policy"]
    for path in (
        reverse("admin:index"),
        address(Buyback, "changelist"),
        address(Buyback, "change", sale.buyback_id),
    ):
        page = client.get(path)
        assert (path.startswith(PLACE), page.status_code) == (True, 200)
        assert re.sub("nonce-[^']+", "", page.headers["Content-Security-Policy"]) == re.sub(
            "nonce-[^']+", "", policy
        )
        links = set(re.findall(r'(?:href|action|src)="(/[^"?#]*)', page.content.decode()))
        assert {link for link in links if link.startswith("/admin")} == set()
        ours = {
            link
            for link in links
            if link.startswith(PLACE) and "logout" not in link and "exposure" not in link
        }
        assert len(ours) > 10
        assert {
            client.get(link).status_code for link in ours if path == reverse("admin:index")
        } <= {200, 302}
    assert client.get(f"{PLACE}exposure/").status_code == 405
