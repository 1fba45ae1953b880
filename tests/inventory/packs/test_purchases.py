"""Buying pulls: rows, drawn cards, and refusals."""

from __future__ import annotations

import re
from collections import Counter
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from buyback.sellback.sell_back import sell_back
from config.foundation import clock
from config.foundation.errors import RateLimited
from inventory.models import Card, Collector, Item, Pack, Purchase
from inventory.packs.purchases import OutOfStock, PackNotFound, TooFewPulls, TooManyPulls, buy_pulls
from partners.models import Environment, Event, Mode, Spend
from partners.records.actor import SYSTEM, Actor
from tests.world import NOW, World, make_card, make_item, make_pack, make_tier

ALL = 12


def buy(world: World, environment: Environment, **options: Any) -> Purchase:
    known: dict[str, Any] = {
        "environment": environment,
        "pack_id": world.pack.public_id,
        "amount": 1,
    }
    return buy_pulls(**known | {"user_id": "ada", "by": SYSTEM, "now": NOW} | options)


def buy_all(world: World, environment: Environment) -> list[Item]:
    """Every card of the pack."""
    return [
        item for amount in (5, 5, 2) for item in buy(world, environment, amount=amount).items.all()
    ]


def refused(world: World, environment: Environment, error: type[Exception], **options: Any) -> None:
    """The purchase raises this error, and the database is unchanged."""
    before = counts()
    with pytest.raises(error):
        buy(world, environment, **options)
    assert counts() == before


def counts() -> list[int]:
    return [model._default_manager.count() for model in (Collector, Purchase, Item, Event)]


@pytest.mark.parametrize("mode", Mode.values)
def test_it_writes_purchase_items_user_and_events(world: World, mode: str) -> None:
    environment = world.northwind.environment(mode)
    purchase = buy(world, environment, amount=3, by=Actor("key", "abc"))
    items = list(purchase.items.select_related("card"))
    assert (purchase.state, purchase.amount, purchase.mint_price) == (
        "fulfilled",
        3,
        Decimal("25.00"),
    )
    assert (purchase.created_at, purchase.fulfilled_at) == (NOW, NOW)
    assert re.fullmatch(r"_[0-9A-Za-z]{4,8}", purchase.public_id)
    assert re.fullmatch(rf"{mode}_[0-9A-Za-z_-]+", purchase.tx_hash or "")
    assert Collector.objects.get() == purchase.collector
    assert len({item.card_id for item in items}) == 3
    assert sorted(event.data["item_id"] for event in Event.objects.all()) == sorted(
        i.public_id for i in items
    )
    assert {event.data["by"] for event in Event.objects.all()} == {"key:abc"}
    for item in items:
        assert (item.state, item.purchased_at, item.environment, item.mode) == (
            "held",
            NOW,
            environment,
            mode,
        )
        assert (item.fmv, item.buyback_percent) == (item.card.fmv, Decimal("0.85"))


def test_it_tracks_a_user_once_for_each_environment(world: World) -> None:
    for environment in (
        world.northwind.live,
        world.northwind.live,
        world.northwind.sandbox,
        world.juniper.live,
    ):
        buy(world, environment)
    assert Collector.objects.filter(user_id="ada").count() == 3


@pytest.mark.parametrize(
    ("window", "live"), [(None, None), (timedelta(hours=6), NOW + timedelta(hours=6))]
)
def test_it_closes_the_window_as_the_pack_says_and_the_sandboxs_after_7_days(
    world: World, window: timedelta | None, live: Any
) -> None:
    world.pack.buyback_window = window
    world.pack.save()
    assert buy(world, world.northwind.live).items.get().expires_at == live
    assert buy(world, world.northwind.sandbox).items.get().expires_at == NOW + timedelta(days=7)


def test_it_reads_the_sandboxs_own_clock(world: World) -> None:
    sandbox = world.northwind.sandbox
    sandbox.clock_offset = timedelta(days=30)
    sandbox.save()
    before = clock.now()
    purchase = buy(world, sandbox, now=None)
    assert timedelta(days=30) <= purchase.created_at - before < timedelta(days=30, minutes=1)


def test_it_remembers_a_voucher_and_the_price_of_the_day(world: World) -> None:
    purchase = buy(world, world.northwind.live, voucher=True)
    world.pack.mint_price = Decimal(99)
    world.pack.save()
    purchase.refresh_from_db()
    assert (purchase.voucher, purchase.mint_price) == (True, Decimal("25.00"))


def test_it_pulls_every_card_once_and_then_no_more(world: World) -> None:
    items = buy_all(world, world.northwind.live)
    assert {item.card_id for item in items} == {card.pk for card in world.cards}
    refused(world, world.northwind.live, OutOfStock)


def test_it_shares_live_stock_among_partners(world: World) -> None:
    buy_all(world, world.northwind.live)
    refused(world, world.juniper.live, OutOfStock)


def test_it_gives_each_sandbox_a_stock_of_its_own(world: World) -> None:
    for environment in (world.northwind.sandbox, world.juniper.sandbox, world.northwind.live):
        assert len(buy_all(world, environment)) == ALL
    assert Item.objects.count() == 3 * ALL


@pytest.mark.parametrize("mode", Mode.values)
def test_it_returns_a_sold_back_card_to_its_pack(world: World, mode: str) -> None:
    environment = world.northwind.environment(mode)
    first = buy_all(world, environment)[0]
    sell_back(environment=environment, item_id=first.public_id, by=SYSTEM, now=NOW)
    again = buy(world, environment, user_id="bob").items.get()
    assert (again.card_id, again.public_id) == (first.card_id, first.public_id)
    assert again.pk != first.pk


@pytest.mark.parametrize("state", ["shipping", "shipped"])
def test_it_never_pulls_a_card_that_left_the_vault(world: World, state: str) -> None:
    for card in world.cards[1:]:
        make_item(world.northwind.live, card=card, state=state)
    assert buy(world, world.northwind.live).items.get().card == world.cards[0]
    refused(world, world.northwind.live, OutOfStock)


def test_it_pulls_only_cards_that_lie_in_a_tier(world: World) -> None:
    pack = make_pack()
    make_tier(pack, lower=Decimal(10), upper=Decimal(20))
    for fmv in ("9.99", "20.00"):
        make_card(pack=pack, fmv=Decimal(fmv))
    inside = make_card(pack=pack, fmv=Decimal("10.00"))
    refused(world, world.northwind.live, OutOfStock, pack_id=pack.public_id, amount=2)
    assert buy(world, world.northwind.live, pack_id=pack.public_id).items.get().card == inside


def test_it_shows_a_sandbox_ebay_card_as_never_minted(world: World) -> None:
    listed = Card.objects.get(mint_address="MintListedTwice111111111111111111111111111")
    by_card = {item.card_id: item.public_id for item in buy_all(world, world.northwind.sandbox)}
    assert by_card[listed.pk] == "v1|220191|3"
    by_card = {item.card_id: item.public_id for item in buy_all(world, world.northwind.live)}
    assert by_card[listed.pk] == listed.mint_address


@pytest.mark.parametrize("mode", Mode.values)
def test_it_refuses_in_the_contracts_order(world: World, mode: str) -> None:
    environment = world.northwind.environment(mode)
    world.pack.enable = False
    world.pack.save()
    refused(world, environment, PackNotFound, pack_id="nothing", amount=0)
    refused(world, environment, TooFewPulls, amount=0)
    refused(world, environment, TooFewPulls, amount=-1)
    refused(world, environment, TooManyPulls, amount=6)
    refused(world, environment, OutOfStock, amount=5)


def test_it_says_how_many_pulls_a_pack_allows(world: World) -> None:
    with pytest.raises(TooManyPulls, match=r"^Amount must be less than or equal to 5$"):
        buy(world, world.northwind.live, amount=6)


def test_it_pulls_nothing_when_there_is_not_enough_for_all(world: World) -> None:
    for amount in (5, 5):
        buy(world, world.northwind.live, amount=amount)
    refused(world, world.northwind.live, OutOfStock, amount=3)
    assert buy(world, world.northwind.live, amount=2).items.count() == 2


def test_it_caps_the_price_of_a_partners_pulls_in_an_hour(world: World, settings: Settings) -> None:
    settings.BUY_CAP_PER_PARTNER_HOUR = 100  # four pulls of 25 USD, which sell back for less
    Card.objects.update(fmv=Decimal("5.00"))
    live = world.northwind.live
    buy(world, live, amount=3)
    with pytest.raises(RateLimited) as limited:
        buy(world, live, amount=2)
    assert limited.value.retry_after == 3286  # 19:05:14 until 20:00
    refused(world, live, RateLimited, amount=2)
    buy(world, live)
    refused(world, live, RateLimited, voucher=True)
    buy(world, live, now=NOW + timedelta(hours=1))
    buy(world, world.juniper.live)
    assert Counter(row.total for row in Spend.objects.with_total()) == {100: 1, 25: 2}


def test_a_low_price_does_not_avoid_the_cap(world: World, settings: Settings) -> None:
    """An insider's pack: a pull costs a cent and sells back for 85 USD."""
    settings.BUY_CAP_PER_PARTNER_HOUR = 200
    Card.objects.update(fmv=Decimal(100))
    Pack.objects.update(mint_price=Decimal("0.01"), buyback_percent=Decimal("0.85"))
    live = world.northwind.live
    buy(world, live, amount=2)
    refused(world, live, RateLimited)
    assert [row.total for row in Spend.objects.with_total()] == [170]


@pytest.mark.parametrize(("cap", "mode"), [(0, "live"), (1, "sandbox")])
def test_it_counts_nothing_without_a_cap_and_in_the_sandbox(
    world: World, settings: Settings, cap: int, mode: str
) -> None:
    settings.BUY_CAP_PER_PARTNER_HOUR = cap
    buy(world, world.northwind.environment(mode), amount=2)
    assert not Spend.objects.exists()
