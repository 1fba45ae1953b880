"""Two simultaneous batches with the same items, each in one transaction: no deadlock."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from threading import Barrier, BrokenBarrierError, local
from typing import Any

import pytest
from django.db import OperationalError, transaction
from django.test import Client

from buyback.models import Payout
from buyback.outcomes import Sale
from buyback.sellback.sell_back import sell_back
from config.foundation import clock
from inventory.models import Item
from tests.threads import together
from tests.world import World, make_item

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def items(world: World) -> list[Item]:
    return [make_item(world.northwind.sandbox, now=clock.now()) for _ in range(2)]


def batch(world: World, ids: list[str], key: str) -> Any:
    return Client(raise_request_exception=False).post(
        "/_/api/v1/vm/buyback/batch",
        json.dumps({"item_ids": ids}),
        content_type="application/json",
        headers={"X-API-Key": world.northwind.sandbox_key, "Idempotency-Key": key},
    )


def meeting(monkeypatch: pytest.MonkeyPatch) -> None:
    """After its first sellback, each batch waits for the other; with equal order it times out."""
    both, mine = Barrier(2), local()

    def sells(**kwargs: Any) -> Sale:
        try:
            return sell_back(**kwargs)
        finally:
            if not hasattr(mine, "met"):
                mine.met = True
                with suppress(BrokenBarrierError):
                    both.wait(timeout=1)

    monkeypatch.setattr("buyback.api.sellback.sell_back", sells)


def test_it_shows_two_batches_in_opposite_order_waiting_for_each_other(items: list[Item]) -> None:
    """The control: each locks its first item and waits for the other's."""
    both_hold = Barrier(2)

    def lock(order: list[Item]) -> Callable[[], None]:
        def act() -> None:
            with transaction.atomic():
                Item.objects.select_for_update(no_key=True).get(pk=order[0].pk)
                both_hold.wait(timeout=30)
                Item.objects.select_for_update(no_key=True).get(pk=order[1].pk)

        return act

    results = together([lock(items), lock(items[::-1])])
    assert sum(isinstance(result, OperationalError) for result in results) == 1


def test_it_sells_each_item_once_and_fails_neither_batch(
    world: World, items: list[Item], monkeypatch: pytest.MonkeyPatch
) -> None:
    meeting(monkeypatch)
    ids = [item.public_id for item in items]
    answers = together([lambda: batch(world, ids, "one"), lambda: batch(world, ids[::-1], "other")])
    assert [answer.status_code for answer in answers] == [200, 200]
    results = [answer.json()["results"] for answer in answers]
    assert [[line["item_id"] for line in lines] for lines in results] == [ids, ids[::-1]]
    assert sorted(line["success"] for lines in results for line in lines) == [
        False,
        False,
        True,
        True,
    ]
    assert Payout.objects.count() == 2
