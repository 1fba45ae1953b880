"""Orders lose their address ADDRESS_RETENTION_DAYS after they ended."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from inventory.models import ShippingOrder
from inventory.shipping import retention
from inventory.tasks import erase_old_addresses
from tests.shipments import ADDRESS, make_order
from tests.world import NOW, World, make_item

KEPT = timedelta(days=180)
MOMENT = timedelta(microseconds=1)
ERASED = {name: None if value is None else "" for name, value in ADDRESS.items()} | {
    "country": "US"
}


@pytest.mark.parametrize("state", ["delivered", "cancelled", "failed"])
def test_it_erases_all_but_the_country(world: World, state: str) -> None:
    order = make_order(world.northwind.live, state=state)
    assert retention.erase_old(now=NOW + KEPT) == 0
    assert ShippingOrder.objects.get().destination == ADDRESS
    assert retention.erase_old(now=NOW + KEPT + MOMENT) == 1
    assert retention.erase_old(now=NOW + KEPT + MOMENT) == 0
    order.refresh_from_db()
    assert (order.destination, order.erased_at) == (ERASED, NOW + KEPT + MOMENT)
    assert (order.state, order.amount, order.service) == (state, order.amount, "Standard")


def test_the_setting_says_how_long(world: World, settings: Any) -> None:
    make_order(world.northwind.live, state="delivered")
    settings.ADDRESS_RETENTION_DAYS = 2
    assert retention.erase_old(now=NOW + timedelta(days=2)) == 0
    assert retention.erase_old(now=NOW + timedelta(days=3)) == 1


@pytest.mark.parametrize("state", ["queued", "processing", "label_created", "shipped"])
def test_an_order_under_way_keeps_its_address(world: World, state: str) -> None:
    order = make_order(world.northwind.live, state=state)
    assert retention.erase_old(now=NOW + 9 * KEPT) == 0
    with pytest.raises(IntegrityError, match="erased_has_ended"), transaction.atomic():
        ShippingOrder.objects.filter(pk=order.pk).update(erased_at=NOW)
    assert ShippingOrder.objects.get().destination == ADDRESS


def test_it_works_in_batches_up_to_a_limit(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    for _ in range(5):
        make_order(world.northwind.live, state="delivered")
    assert retention.erase_old(now=NOW + 2 * KEPT, most=3) == 3
    assert erase_old_addresses() == 2
    assert not ShippingOrder.objects.filter(erased_at=None).exists()


def test_the_api_shows_such_an_order_in_the_same_shape(world: World) -> None:
    order = make_order(world.northwind.live, make_item(world.northwind.live), state="delivered")
    path = f"/api/v1/ship/order/{order.public_id}"
    before = Client().get(path, headers={"X-API-Key": world.northwind.live_key}).json()
    retention.erase_old(now=NOW + 2 * KEPT)
    after = Client().get(path, headers={"X-API-Key": world.northwind.live_key}).json()
    assert after == before | {"destination": ERASED}
