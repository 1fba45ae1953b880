"""Buttons of an item's page: extend or close its window, by permission, with a reason."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from inventory.models import Item
from partners.models import AuditEntry
from tests.admin.conftest import address, make_staff, signed_in, snapshot
from tests.world import World, make_item

YES = {"confirmed": "yes"}
DAY = timedelta(days=1)


@pytest.fixture
def item(world: World) -> Item:
    here = world.northwind.live
    return make_item(here, now=here.now(), expires_at=here.now() + DAY)


def keeper() -> Client:
    return signed_in(make_staff(["view", "set"]))


def press(client: Client, item: Item, step: str, **sent: Any) -> Any:
    return client.post(
        reverse("admin:inventory_item_step", args=[item.pk]), {"step": step} | sent, follow=True
    )


def buttons(client: Client, item: Item) -> list[str]:
    return list(client.get(address(Item, "change", item.pk)).context["steps"])


def test_it_extends(item: Item) -> None:
    client, until = keeper(), (item.environment.now() + 3 * DAY).replace(second=0, microsecond=0)
    assert buttons(client, item) == ["extend", "close"]
    before = snapshot()
    asked = press(client, item, "extend").content.decode()
    assert 'type="datetime-local"' in asked
    assert f"Held by {item.collector}" in asked
    assert snapshot() == before
    said = press(
        client, item, "extend", closes_at=f"{until:%Y-%m-%dT%H:%M}", reason="our outage", **YES
    )
    assert (
        f"Extended: it can be sold back until {until:%Y-%m-%d %H:%M} UTC." in said.content.decode()
    )
    item.refresh_from_db()
    assert item.expires_at == until
    assert AuditEntry.objects.get().after["reason"] == "our outage"


def test_it_closes(item: Item) -> None:
    client = keeper()
    assert (
        "it can no longer be sold back"
        in press(client, item, "close", reason="a wrong price", **YES).content.decode()
    )
    item.refresh_from_db()
    assert not item.window_is_open(item.environment.now())
    assert buttons(client, item) == ["extend"]


@pytest.mark.parametrize(
    ("step", "sent", "sentence"),
    [
        ("close", {"reason": " "}, "Give a reason"),
        ("extend", {"reason": "so", "closes_at": "soon"}, "Enter a valid date/time."),
        ("extend", {"reason": "so"}, "This field is required."),
        (
            "extend",
            {"reason": "so", "closes_at": "2020-01-01T00:00"},
            "The new deadline must be later",
        ),
        (
            "extend",
            {"reason": "so", "closes_at": "9999-12-31T23:59"},
            "The new deadline must be later",
        ),
    ],
)
def test_it_says_why_it_refuses(item: Item, step: str, sent: dict[str, str], sentence: str) -> None:
    client, before = keeper(), snapshot()
    assert sentence in press(client, item, step, **sent, **YES).content.decode()
    assert snapshot() == before


@pytest.mark.parametrize("rights", [[], ["view"], ["view", "add", "change", "delete"], ["set"]])
def test_it_lets_only_those_who_may(item: Item, rights: list[str]) -> None:
    client, before = signed_in(make_staff(rights)), snapshot()
    for step in ("extend", "close"):
        assert (
            press(client, item, step, reason="so", closes_at="2100-01-01T00:00", **YES).status_code
            == 403
        )
    assert snapshot() == before
