"""A sandbox sellback behind a lock: it times out, is rolled back, and its key can be reused."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.db import connection
from django.test import Client
from pytest_django.fixtures import Settings

from buyback.bulk import run
from buyback.models import BulkLine, Buyback, Payout
from config.foundation import clock
from config.postgres.broker import database_conninfo
from inventory.models import Item
from partners.models import IdempotencyKey
from partners.records.actor import SYSTEM
from tests.kills.scene import locked
from tests.world import World, make_item

FAULT = {"error": "An unexpected error occurred"}
SOLD = {"success": True, "amount": 70.13}

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _a_second_for_a_lock(settings: Settings) -> Iterator[None]:
    own = settings.DATABASE_LIMITS
    settings.DATABASE_LIMITS = own | {"web": own["web"] | {"lock": 1}}
    connection.close()
    yield
    connection.close()


@pytest.fixture
def item(world: World) -> Item:
    return make_item(world.northwind.sandbox, now=clock.now())


@contextmanager
def key_taken(item: Item) -> Iterator[None]:
    """Another transaction works with the key "once"."""
    digest = hashlib.sha256(f"{item.environment_id}:once".encode()).digest()
    with psycopg.connect(database_conninfo()) as other:
        name = int.from_bytes(digest[:8], "big", signed=True)
        other.execute("SELECT pg_advisory_xact_lock(%s)", [name])
        yield


def sell(world: World, path: str, body: dict[str, Any]) -> tuple[int, Any, bool]:
    """Status, body, and whether it is a replay."""
    sent = {"X-API-Key": world.northwind.sandbox_key, "Idempotency-Key": "once"}
    answer = Client(raise_request_exception=False).post(
        f"/_/api/v1{path}", json.dumps(body), content_type="application/json", headers=sent
    )
    return answer.status_code, answer.json(), "Idempotency-Replayed" in answer.headers


def nothing_happened(item: Item) -> bool:
    item.refresh_from_db()
    rows = [model._default_manager.count() for model in (Buyback, Payout, IdempotencyKey)]
    return (item.state, rows) == ("held", [0, 0, 0])


@pytest.mark.parametrize("wait", ["item", "key"])
def test_it_gives_up_and_is_tried_again_with_its_key(world: World, item: Item, wait: str) -> None:
    body = {"item_id": item.public_id}
    with locked("inventory_item", item.pk) if wait == "item" else key_taken(item):
        assert sell(world, "/vm/buyback", body) == (500, FAULT, False)
        assert nothing_happened(item)
    assert sell(world, "/vm/buyback", body) == (200, SOLD, False)
    assert sell(world, "/vm/buyback", body) == (200, SOLD, True)
    assert Payout.objects.count() == 1


def test_a_batch_gives_up_as_a_whole(world: World, item: Item) -> None:
    other = make_item(world.northwind.sandbox, now=clock.now())
    body = {"item_ids": [other.public_id, item.public_id]}
    with locked("inventory_item", item.pk):
        assert sell(world, "/vm/buyback/batch", body) == (500, FAULT, False)
        assert nothing_happened(item)
        assert nothing_happened(other)
    assert sell(world, "/vm/buyback/batch", body)[0] == 200
    assert Payout.objects.count() == 2


def test_a_live_sellback_that_waits_for_anything_but_its_item_is_a_fault(world: World) -> None:
    """An item being sold by another request is refused immediately; other waits time out."""
    item = make_item(world.northwind.live, now=clock.now())
    headers = {"X-API-Key": world.northwind.live_key}

    def answer() -> tuple[int, Any]:
        sent = json.dumps({"item_id": item.public_id})
        client = Client(raise_request_exception=False)
        got = client.post(
            "/api/v1/vm/buyback", sent, content_type="application/json", headers=headers
        )
        return got.status_code, got.json()

    with locked("inventory_collector", item.collector_id):
        assert answer() == (500, FAULT)
    with locked("inventory_item", item.pk):
        status, body = answer()
        assert (status, body["error"]) == (
            429,
            "A buyback request for this item is already being processed",
        )
    assert nothing_happened(item)
    assert answer() == (200, SOLD)


def test_a_line_of_a_bulk_sale_is_tried_again(world: World, item: Item) -> None:
    other = make_item(world.northwind.sandbox, now=clock.now())
    chosen = [(one.pk, one.buyback_price) for one in (item, other)]
    here, token = world.northwind.sandbox, uuid4()
    sale = run.start(environment=here, token=token, chosen=chosen, by=SYSTEM, now=clock.now())
    with locked("inventory_item", item.pk):
        assert not run.sell_next(sale.pk)
    states = BulkLine.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == ["selling", "sold"]
    run.sell_next(sale.pk, now=clock.now() + run.SOON)
    assert list(states.all()) == ["sold", "sold"]
    assert Payout.objects.count() == 2
