"""Simultaneous sellbacks and orders of the same items: each is sold or shipped, no deadlock."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from django.test import Client

from buyback.models import Buyback
from buyback.sellback.sell_back import sell_back
from config.foundation import clock
from config.foundation.errors import Refusal
from inventory.models import Item, ShippedItem, ShippingOrder
from inventory.shipping.orders import place
from partners.models import Environment, Mode
from partners.records.actor import SYSTEM
from tests.races.test_sellback import payments_without_guards
from tests.shipments import make_order, make_quote
from tests.threads import together
from tests.world import World, make_item

pytestmark = pytest.mark.django_db(transaction=True)


def held(environment: Environment, count: int) -> list[Item]:
    return [make_item(environment, now=clock.now()) for _ in range(count)]


def offer(environment: Environment, *items: Item) -> str:
    now = clock.now()
    quote = make_quote(environment, *items, created_at=now, expires_at=now + timedelta(minutes=15))
    return f"{quote.pk}_rate_standard"


def outcome_of(act: Any) -> str:
    """The result: "done" or the name of the refusal."""
    try:
        act()
    except Refusal as refusal:
        return type(refusal).__name__
    return "done"


def ship(environment: Environment, rate_id: str) -> str:
    return outcome_of(partial(place, environment=environment, rate_id=rate_id, by=SYSTEM))


def sell(environment: Environment, item: Item) -> str:
    return outcome_of(
        partial(sell_back, environment=environment, item_id=item.public_id, by=SYSTEM)
    )


def test_it_pays_for_an_item_and_ships_it_without_lock_and_guards(world: World) -> None:
    """The control: both read, then both act. Each found the item held."""
    environment, both_have_looked = world.northwind.live, Barrier(2)
    (item,) = held(environment, 1)

    def look() -> Item:
        found = Item.objects.held().get(pk=item.pk)
        both_have_looked.wait(timeout=30)
        return found

    def naive_sale() -> None:
        found = look()
        with connection.cursor() as cursor:
            columns, paid = (
                "environment_id, collector_id, amount",
                (found.collector_id, found.buyback_price),
            )
            cursor.execute(
                f"INSERT INTO unguarded ({columns}) VALUES (%s, %s, %s)", [environment.pk, *paid]
            )

    def naive_order() -> None:
        make_order(environment, look())

    with payments_without_guards(), connection.cursor() as cursor:
        assert together([naive_sale, naive_order]) == [None, None]
        cursor.execute("SELECT sum(amount) FROM unguarded")
        assert cursor.fetchone() == (item.buyback_price,)
    assert ShippedItem.objects.get().item_id == item.pk


@pytest.mark.parametrize("mode", Mode.values)
def test_it_either_sells_or_ships(world: World, mode: str) -> None:
    environment, results = world.northwind.environment(mode), set()
    for item in held(environment, 12):
        both = [
            partial(sell, environment, item),
            partial(ship, environment, offer(environment, item)),
        ]
        results.add(tuple(together(both)))
    # Live does not wait for the order's lock, the sandbox does.
    assert results <= {("done", "AlreadyShipped"), ("ItemNotFound", "done")} | (
        {("SaleInFlight", "done")} if mode == "live" else set()
    )
    sold = set(Buyback.objects.values_list("item_id", flat=True))
    shipped = set(ShippedItem.objects.values_list("item_id", flat=True))
    assert sold.isdisjoint(shipped)
    assert sold | shipped == set(Item.objects.values_list("pk", flat=True))


@pytest.mark.parametrize("first", ["sale", "order"])
def test_it_lets_the_second_see_what_the_first_did(world: World, first: str) -> None:
    """Both orders: the second starts before the first commits, and waits for its lock."""
    environment, waits = world.northwind.sandbox, Barrier(2)
    (item,) = held(environment, 1)
    acts = {
        "sale": partial(sell, environment, item),
        "order": partial(ship, environment, offer(environment, item)),
    }
    one, other = acts.pop(first), next(iter(acts.values()))

    def leads() -> str:
        with transaction.atomic():
            done = one()
            waits.wait(timeout=30)
        return done

    def follows() -> str:
        waits.wait(timeout=30)
        return other()

    assert together([leads, follows]) == [
        "done",
        "AlreadyShipped" if first == "sale" else "ItemNotFound",
    ]
    assert (Buyback.objects.count(), ShippingOrder.objects.count()) == (
        (1, 0) if first == "sale" else (0, 1)
    )


def test_it_takes_one_order_for_an_item(world: World) -> None:
    environment = world.northwind.live
    items = held(environment, 3)
    offers = [
        offer(environment, *items),
        offer(environment, *items[::-1]),
        offer(environment, items[1]),
    ]
    results = Counter(together([partial(ship, environment, one) for one in offers * 4]))
    assert results == {"done": 1, "AlreadyShipped": 11}
    assert ShippingOrder.objects.count() == 1


def test_it_shows_a_batch_and_an_order_in_opposite_order_waiting_for_each_other(
    world: World,
) -> None:
    """The control: one locks in the order of ids, the other of primary keys."""
    one, two = held(world.northwind.sandbox, 2)
    both_hold = Barrier(2)

    def lock(*keys: int) -> None:
        with transaction.atomic():
            Item.objects.select_for_update(no_key=True).get(pk=keys[0])
            both_hold.wait(timeout=30)
            Item.objects.select_for_update(no_key=True).get(pk=keys[1])

    results = together([partial(lock, one.pk, two.pk), partial(lock, two.pk, one.pk)])
    assert sum(isinstance(result, OperationalError) for result in results) == 1


def test_it_never_deadlocks_with_a_batch(world: World) -> None:
    """Ids are in the opposite order of the primary keys."""
    environment = world.northwind.sandbox
    for turn in range(6):
        items = held(environment, 4)
        for number, item in enumerate(items):
            Item.objects.filter(pk=item.pk).update(public_id=f"turn-{turn}-{9 - number}")
        ids = [f"turn-{turn}-{9 - number}" for number in range(4)]

        def batch(ids: list[str] = ids, key: str = f"batch {turn}") -> Any:
            return Client(raise_request_exception=False).post(
                "/_/api/v1/vm/buyback/batch",
                json.dumps({"item_ids": ids}),
                content_type="application/json",
                headers={"X-API-Key": world.northwind.sandbox_key, "Idempotency-Key": key},
            )

        answer, shipped = together([batch, partial(ship, environment, offer(environment, *items))])
        assert answer.status_code == 200
        sold = [line["success"] for line in answer.json()["results"]]
        assert (sold, shipped) in (([True] * 4, "AlreadyShipped"), ([False] * 4, "done"))
