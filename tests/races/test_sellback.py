"""Twenty-four simultaneous sellbacks of one item: one is paid. First without the guards."""

from __future__ import annotations

import json
import threading
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.test import Client

from buyback.models import Buyback, Payout, Transfer
from buyback.sellback.sell_back import WAITING
from config.foundation import clock
from inventory.models import Item
from inventory.pricing import price
from partners.models import Mode
from tests.threads import together
from tests.world import World, make_buyback, make_item

AT_ONCE = 24
pytestmark = pytest.mark.django_db(transaction=True)
BASE = {"live": "/api/v1", "sandbox": "/_/api/v1"}


def held(world: World, mode: str) -> Item:
    return make_item(world.northwind.environment(mode), now=clock.now())


def sell_over_http(world: World, mode: str, item: Item, **headers: str) -> Any:
    return Client().post(
        f"{BASE[mode]}/vm/buyback",
        json.dumps({"item_id": item.public_id}),
        content_type="application/json",
        headers={"X-API-Key": world.northwind.key(mode)} | headers,
    )


def sentences(responses: list[Any]) -> Counter[Any]:
    return Counter((answer.status_code, answer.json().get("error")) for answer in responses)


def paid_once(item: Item) -> bool:
    item.refresh_from_db()
    counts = [model._default_manager.count() for model in (Buyback, Payout, Transfer)]
    return item.state == "sold" and counts == [1, 1, 1]


@contextmanager
def payments_without_guards() -> Iterator[None]:
    """A copy of the payouts' table without constraints, for the seller without guards."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE unguarded AS SELECT * FROM buyback_payout WITH NO DATA")
        try:
            yield
        finally:
            cursor.execute("DROP TABLE unguarded")


@pytest.mark.parametrize("mode", Mode.values)
def test_it_pays_twice_without_lock_and_guards(world: World, mode: str) -> None:
    """The control: read, then pay. Both found the item held, so both paid."""
    item, both_have_looked = held(world, mode), threading.Barrier(2)

    def naive() -> None:
        found = Item.objects.with_card().get(pk=item.pk, state="held")
        both_have_looked.wait(timeout=30)
        with connection.cursor() as cursor:
            payment: list[Any] = [
                uuid.uuid4(),
                found.environment_id,
                found.collector_id,
                price(found).amount,
            ]
            columns = "id, environment_id, collector_id, amount"
            cursor.execute(f"INSERT INTO unguarded ({columns}) VALUES (%s, %s, %s, %s)", payment)

    with payments_without_guards(), connection.cursor() as cursor:
        assert together([naive] * 2) == [None, None]
        cursor.execute("SELECT count(*), sum(amount) FROM unguarded")
        assert cursor.fetchone() == (2, 2 * item.buyback_price)


@pytest.mark.parametrize("mode", Mode.values)
def test_it_pays_once(world: World, mode: str) -> None:
    item = held(world, mode)
    answers = sentences(together([lambda: sell_over_http(world, mode, item)] * AT_ONCE))
    assert answers[200, None] == 1
    in_flight = (429, "A buyback request for this item is already being processed")
    # Live refuses while another request holds the item; the sandbox waits.
    late = {(400, "Item not found")} | ({in_flight} if mode == "live" else set())
    assert set(answers) - {(200, None)} <= late
    assert answers.total() == AT_ONCE
    assert paid_once(item)


@pytest.mark.parametrize("mode", Mode.values)
def test_it_pays_once_under_one_idempotency_key(world: World, mode: str) -> None:
    item, key = held(world, mode), {"Idempotency-Key": "the same"}
    responses = together([lambda: sell_over_http(world, mode, item, **key)] * AT_ONCE)
    first = [response for response in responses if response.status_code == 200]
    assert {response.content for response in first} == {b'{"success":true,"amount":70.13}'}
    assert sum("Idempotency-Replayed" not in response.headers for response in first) == 1
    assert {response.status_code for response in responses} <= (
        {200, 429} if mode == "live" else {200}
    )
    assert paid_once(item)
    assert sell_over_http(world, mode, item, **key).headers["Idempotency-Replayed"] == "true"


def test_it_refuses_at_once_in_live_while_another_sale_holds_the_item(world: World) -> None:
    item = held(world, "live")
    with_lock, done = threading.Event(), threading.Event()

    def holds() -> None:
        with connection.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("SELECT FROM inventory_item WHERE id = %s FOR NO KEY UPDATE", [item.pk])
            with_lock.set()
            done.wait(timeout=30)
            cursor.execute("ROLLBACK")

    def asks() -> Any:
        with_lock.wait(timeout=30)
        response = sell_over_http(world, "live", item)
        done.set()
        return response

    _, response = together([holds, asks])
    assert response.status_code == 429
    assert response.headers["Retry-After"] == "1"
    assert (
        response.content
        == b'{"error":"A buyback request for this item is already being processed"}'
    )
    assert sell_over_http(world, "live", item).status_code == 200


@pytest.mark.parametrize("mode", Mode.values)
def test_it_pays_once_by_the_move_from_held_alone(world: World, mode: str) -> None:
    """The second guard without the first: the statement without its lock."""
    item = held(world, mode)
    unlocked = WAITING.replace("FOR NO KEY UPDATE /* wait or NOWAIT */", "")
    assert unlocked != WAITING
    sale: dict[str, Any] = {
        "environment": item.environment_id,
        "item_id": item.public_id,
        "requested_by": "system",
    }
    sale |= dict.fromkeys(("item_pk", "now", "expected_amount", "min_amount")) | {"spread": False}

    def sell() -> bool:
        with connection.cursor() as cursor:
            cursor.execute(unlocked, sale)
            row = cursor.fetchone()
        return row is not None and row[5] is not None

    assert Counter(together([sell] * AT_ONCE))[True] == 1
    assert paid_once(item)


@pytest.mark.breaks_books(reason="the item is still held, for the index is all that is asked")
def test_it_pays_once_by_the_unique_index_alone(world: World) -> None:
    """The third guard without the others: twenty-four settled rows for one item."""
    item = held(world, "live")
    results = together([lambda: make_buyback(item, amount=Decimal("70.13"))] * AT_ONCE)
    assert sum(isinstance(result, Buyback) for result in results) == 1
    assert sum(isinstance(result, IntegrityError) for result in results) == AT_ONCE - 1
    assert Buyback.objects.count() == 1


def test_it_pays_each_of_many_items_once(world: World) -> None:
    """Six items, four callers for each, in both environments."""
    items = [(mode, held(world, mode)) for mode in Mode.values for _ in range(3)]
    calls = [partial(sell_over_http, world, mode, item) for mode, item in items] * 4
    responses = together(calls)
    assert sum(response.status_code == 200 for response in responses) == len(items)
    assert Payout.objects.count() == len(items)
