"""Buttons of a shipping order's page: all states, by permission, with events for the partner."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from inventory.models import Item, ShippingOrder
from partners.models import AuditEntry, Event
from tests.admin.conftest import address, make_staff, signed_in, snapshot
from tests.shipments import make_order
from tests.world import World, make_item

YES = {"confirmed": "yes"}
LABEL = {"tracking_number": "1Z999", "tracking_url": "https://carrier.example.test/1Z999"}


@pytest.fixture
def order(world: World) -> ShippingOrder:
    return make_order(world.northwind.live, make_item(world.northwind.live))


def keeper() -> Client:
    return signed_in(make_staff(["view", "fulfil"]))


def press(client: Client, order: ShippingOrder, step: str, **sent: Any) -> Any:
    return client.post(
        reverse("admin:inventory_shippingorder_step", args=[order.pk]),
        {"step": step} | sent,
        follow=True,
    )


def buttons(client: Client, order: ShippingOrder) -> list[str]:
    return list(client.get(address(ShippingOrder, "change", order.pk)).context["steps"])


def test_it_goes_all_the_way(order: ShippingOrder) -> None:
    client, seen = keeper(), []
    for step, sent in (
        ("processing", {}),
        ("label_created", LABEL),
        ("shipped", {}),
        ("delivered", {}),
    ):
        seen.append(buttons(client, order))
        before = snapshot()
        assert (
            "To Ada Moss, 1600 Amphitheatre Parkway" in press(client, order, step).content.decode()
        )
        assert snapshot() == before
        press(client, order, step, **sent, **YES)
    assert seen == [
        ["processing", "cancelled", "failed"],
        ["label_created", "cancelled", "failed"],
        ["shipped", "cancelled", "failed"],
        ["delivered"],
    ]
    order.refresh_from_db()
    assert (order.state, order.tracking_number, order.tracking_url) == (
        "delivered",
        *LABEL.values(),
    )
    assert Item.objects.get().state == "shipped"
    assert Event.objects.count() == AuditEntry.objects.count() == 4
    assert buttons(client, order) == []


@pytest.mark.parametrize("step", ["cancelled", "failed"])
def test_it_gives_the_items_back_with_a_reason(order: ShippingOrder, step: str) -> None:
    client = keeper()
    press(client, order, step, reason="The address does not exist", **YES)
    order.refresh_from_db()
    assert (order.state, order.error_message) == (step, "The address does not exist")
    assert Item.objects.get().state == "held"


@pytest.mark.parametrize(
    ("step", "sent", "sentence"),
    [
        ("cancelled", {"reason": " "}, "Give a reason"),
        ("label_created", LABEL, "Order cannot be moved to this status"),
        (
            "label_created",
            {"tracking_number": "1", "tracking_url": "javascript:alert(1)"},
            "Enter a valid URL.",
        ),
        ("label_created", {}, "This field is required."),
        ("delivered", {}, "Order cannot be moved to this status"),
    ],
)
def test_it_says_why_it_refuses(
    order: ShippingOrder, step: str, sent: dict[str, str], sentence: str
) -> None:
    client, before = keeper(), snapshot()
    assert sentence in press(client, order, step, **sent, **YES).content.decode()
    assert snapshot() == before


def test_it_leaves_a_sandboxs_orders_to_its_partner(world: World) -> None:
    order, client = (
        make_order(world.northwind.sandbox, make_item(world.northwind.sandbox)),
        keeper(),
    )
    assert buttons(client, order) == []
    before = snapshot()
    assert "Order cannot be moved" in press(client, order, "processing", **YES).content.decode()
    assert snapshot() == before


@pytest.mark.parametrize("rights", [[], ["view"], ["view", "add", "change", "delete"], ["fulfil"]])
def test_it_lets_only_those_who_may(order: ShippingOrder, rights: list[str]) -> None:
    client, before = signed_in(make_staff(rights)), snapshot()
    for step in ("processing", "cancelled"):
        assert press(client, order, step, reason="so", **YES).status_code == 403
    assert snapshot() == before
