"""Simultaneous purchases: each card goes to one user, and cards are not refused too early."""

from __future__ import annotations

import json
import threading
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError
from django.test import Client

from buyback.sellback.sell_back import sell_back
from inventory.models import Card, Item, Purchase
from inventory.packs.purchases import OutOfStock, buy_pulls
from partners.models import Environment, Mode
from partners.records.actor import SYSTEM
from tests.threads import together
from tests.world import NOW, World, make_item

pytestmark = pytest.mark.django_db(transaction=True)
CARDS = 12


def environments(world: World, mode: str) -> list[Environment]:
    """Environments of one pool: both partners in live, or one sandbox."""
    return (
        [world.northwind.live, world.juniper.live]
        if mode == "live"
        else [world.northwind.sandbox] * 2
    )


def buy(world: World, environment: Environment, amount: int = 1) -> Purchase:
    return buy_pulls(
        environment=environment,
        pack_id=world.pack.public_id,
        amount=amount,
        user_id="ada",
        by=SYSTEM,
        now=NOW,
    )


def cards_held() -> list[int]:
    return list(Item.objects.open().values_list("card_id", flat=True))


def test_it_shows_the_race_without_the_lock(world: World) -> None:
    """The control: choose, then take. All choose one card; only the unique index prevents it."""
    all_have_chosen = threading.Barrier(8)

    def naive() -> Item:
        card = (
            Card.objects.available(world.northwind.live).filter(pack=world.pack).order_by("pk")[0]
        )
        all_have_chosen.wait(timeout=30)
        return make_item(world.northwind.live, card=card)

    results = together([naive] * 8)
    assert sum(isinstance(result, Item) for result in results) == 1
    assert sum(isinstance(result, IntegrityError) for result in results) == 7


@pytest.mark.parametrize("mode", Mode.values)
def test_it_gives_every_card_to_one_purchase(world: World, mode: str) -> None:
    """Twelve cards, sixteen buyers: twelve get one each, and only the rest are refused."""
    buyers = environments(world, mode) * 8
    results = together([partial(buy, world, one) for one in buyers])
    assert sum(isinstance(result, Purchase) for result in results) == CARDS
    assert sum(isinstance(result, OutOfStock) for result in results) == len(buyers) - CARDS
    assert len(set(cards_held())) == len(cards_held()) == CARDS


@pytest.mark.parametrize("mode", Mode.values)
def test_it_gives_a_purchase_all_its_cards_or_none(world: World, mode: str) -> None:
    results = together([partial(buy, world, one, 5) for one in environments(world, mode) * 3])
    assert sum(isinstance(result, Purchase) for result in results) == 2
    assert len(set(cards_held())) == len(cards_held()) == 10


def test_it_pulls_and_sells_at_once(world: World) -> None:
    """Cards return to the pack during pulls: one user each, and each sellback is paid once."""

    def trade(environment: Environment) -> int:
        sold = 0
        for _ in range(6):
            try:
                item = buy(world, environment).items.get()
            except OutOfStock:
                continue
            sell_back(environment=environment, item_id=item.public_id, by=SYSTEM, now=NOW)
            sold += 1
        return sold

    traders = [
        world.northwind.live,
        world.juniper.live,
        world.northwind.sandbox,
        world.juniper.sandbox,
    ] * 2
    results = together([partial(trade, one) for one in traders])
    assert sum(results) == Item.objects.filter(state="sold").count() == Item.objects.count()


def buy_over_http(world: World, base: str, mode: str, **headers: str) -> Any:
    return Client().post(
        f"{base}/vm/buy/init",
        json.dumps({"id": world.pack.public_id, "amount": 1, "user_id": "ada"}),
        content_type="application/json",
        headers={"X-API-Key": world.northwind.key(mode)} | headers,
    )


@pytest.mark.parametrize(("base", "mode"), [("/api/v1", "live"), ("/_/api/v1", "sandbox")])
def test_it_buys_once_under_one_idempotency_key(world: World, base: str, mode: str) -> None:
    key = {"Idempotency-Key": "the same"}
    responses = together([lambda: buy_over_http(world, base, mode, **key)] * 12)
    bought = [response for response in responses if response.status_code == 200]
    assert len({response.content for response in bought}) == 1
    assert {
        (response.status_code, response.content) for response in responses if response not in bought
    } <= {(409, b'{"error":"A request with this Idempotency-Key is in progress"}')}
    assert Purchase.objects.count() == 1
    assert buy_over_http(world, base, mode, **key).content == bought[0].content


def test_it_buys_each_time_without_a_key(world: World) -> None:
    """The control of the test above."""
    responses = together([lambda: buy_over_http(world, "/api/v1", "live")] * 8)
    assert [response.status_code for response in responses] == [200] * 8
    assert Purchase.objects.count() == 8
