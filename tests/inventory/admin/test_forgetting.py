"""The button of a user's page: a reason and two clicks, with the right for it."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from inventory.models import Collector
from partners.models import AuditEntry
from tests.admin.conftest import address, make_staff, signed_in, snapshot
from tests.shipments import make_order
from tests.world import World, make_collector, make_item, make_purchase

YES = {"confirmed": "yes", "reason": "asked by letter"}


@pytest.fixture
def ada(world: World) -> Collector:
    return make_collector(world.northwind.live, "ada")


def press(client: Client, row: Collector, **sent: Any) -> Any:
    step = reverse("admin:inventory_collector_step", args=[row.pk])
    return client.post(step, {"step": "forget"} | sent, follow=True)


def buttons(client: Client, row: Collector) -> list[str]:
    return list(client.get(address(Collector, "change", row.pk)).context["steps"])


def test_it_forgets_after_the_second_click(ada: Collector) -> None:
    client = signed_in(make_staff(["view", "forget"]))
    assert buttons(client, ada) == ["forget"]
    before = snapshot()
    asked = press(client, ada).content.decode()
    assert "This cannot be undone." in asked
    assert "Give a reason" in press(client, ada, confirmed="yes").content.decode()
    assert snapshot() == before
    said = press(client, ada, **YES).content.decode()
    ada.refresh_from_db()
    assert f"The user is now {ada.user_id}." in said
    assert (
        AuditEntry.objects.filter(action="user.forgotten", actor__startswith="user:").count() == 1
    )
    assert buttons(client, ada) == []


def test_it_says_why_not(ada: Collector) -> None:
    item = make_item(ada.environment, purchase=make_purchase(ada))
    make_order(ada.environment, item)
    client = signed_in(make_staff(["view", "forget"]))
    before = snapshot()
    assert "an order under way; nothing was changed" in press(client, ada, **YES).content.decode()
    assert snapshot() == before


def test_it_takes_the_right(ada: Collector) -> None:
    client = signed_in(make_staff(["view"]))
    assert buttons(client, ada) == []
    before = snapshot()
    assert press(client, ada, **YES).status_code == 403
    assert snapshot() == before
