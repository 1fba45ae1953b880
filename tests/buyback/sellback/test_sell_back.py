"""The sellback: its rows, its price, its deadline, and its refusals."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from buyback.models import Buyback, Payout, Transfer
from buyback.outcomes import ItemExpired, ItemNotFound, PriceChanged, Sale, SessionActive
from buyback.sellback.sell_back import sell_back
from config.foundation import clock
from inventory.models import Card, Item
from partners.models import Event, Mode
from partners.records.actor import SYSTEM, Actor
from tests.world import NOW, World, make_buyback, make_card, make_item, make_pack, make_purchase

MILLISECOND = timedelta(milliseconds=1)
pytestmark = pytest.mark.parametrize("mode", Mode.values)


def sell(item: Item, **options: Any) -> Sale:
    known: dict[str, Any] = {
        "environment": item.environment,
        "item_id": item.public_id,
        "by": SYSTEM,
        "now": NOW,
    }
    return sell_back(**known | options)


def everything() -> list[Any]:
    items = list(Item.objects.order_by("pk").values())
    return [
        items,
        *(list(model._default_manager.values()) for model in (Buyback, Payout, Transfer, Event)),
    ]


def item_in(world: World, mode: str, **fields: Any) -> Item:
    return make_item(world.northwind.environment(mode), **fields)


def test_it_sells_pays_books_and_records_an_event(world: World, mode: str) -> None:
    item = item_in(world, mode)
    sale = sell(item, by=Actor("key", "abc"))
    item.refresh_from_db()
    buyback, payout, transfer = Buyback.objects.get(), Payout.objects.get(), Transfer.objects.get()
    event = Event.objects.get()
    assert sale == Sale(item.public_id, Decimal("70.13"), buyback.pk, payout.pk)
    assert (item.state, item.sold_at) == ("sold", NOW)
    assert (buyback.item, buyback.state, buyback.amount) == (item, "settled", sale.amount)
    assert (buyback.requested_by, buyback.created_at, buyback.completed_at) == ("key:abc", NOW, NOW)
    assert (payout.buyback, payout.collector, payout.amount) == (
        buyback,
        item.collector,
        sale.amount,
    )
    assert (payout.state, payout.paid_at) == ("paid", NOW)
    assert (transfer.buyback, transfer.debit, transfer.credit) == (buyback, "treasury", "paid_out")
    rows: list[Any] = [buyback, payout, transfer, event]
    assert {row.environment_id for row in rows} == {item.environment_id}
    assert event.type == "buyback.completed"
    assert event.data == {
        "item_id": item.public_id,
        "user_id": item.collector.user_id,
        "pack": item.pack.public_id,
        "amount": 70.13,
        "buyback_id": str(buyback.pk),
        "payout_id": str(payout.pk),
        "by": "key:abc",
    }


def test_it_keeps_the_basis_of_its_price(world: World, mode: str) -> None:
    item = item_in(world, mode, fmv=Decimal(100))
    sell(item)
    sold = Buyback.objects.get()
    assert (sold.buyback_percent, sold.mint_price, sold.voucher) == (
        Decimal("0.85"),
        Decimal(25),
        False,
    )
    live = (Decimal("82.50"), item.card.priced_at, Decimal("70.13"))
    sandbox = (Decimal(100), item.purchased_at, Decimal(85))
    assert (sold.fmv, sold.priced_at, sold.amount) == (live if mode == "live" else sandbox)


@pytest.mark.django_db(transaction=True)
def test_it_takes_one_statement(world: World, mode: str) -> None:
    item = item_in(world, mode)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        sell(item)
    assert len(queries) == 1


@pytest.mark.parametrize(
    ("fmv", "live", "sandbox"),
    [("10", "25.00", "8.50"), ("29.42", "25.01", "25.01"), ("100", "85", "85")],
)
def test_it_pays_a_voucher_at_least_the_price_of_the_pull_in_live(
    world: World, mode: str, fmv: str, live: str, sandbox: str
) -> None:
    item = item_in(world, mode, card=make_card(fmv=Decimal(fmv)), voucher=True)
    assert sell(item).amount == Decimal(live if mode == "live" else sandbox)


@pytest.mark.parametrize("change", [Decimal("0.01"), Decimal("999999999.99")])
def test_it_prices_live_at_the_sale_and_the_sandbox_at_the_pull(
    world: World, mode: str, change: Decimal
) -> None:
    item = item_in(world, mode, buyback_percent=Decimal("1.0000"))
    Card.objects.filter(pk=item.card_id).update(fmv=change)
    assert sell(item).amount == (change if mode == "live" else Decimal("82.50"))


def test_it_sells_at_the_percent_promised_at_the_pull(world: World, mode: str) -> None:
    item = item_in(world, mode)
    item.pack.buyback_percent = Decimal("0.60")
    item.pack.save()
    assert sell(item).amount == Decimal("70.13")


def test_it_still_sells_at_the_very_instant_of_expires_at(world: World, mode: str) -> None:
    item = item_in(world, mode, expires_at=NOW)
    assert sell(item, now=NOW).amount == Decimal("70.13")


@pytest.mark.parametrize("late", [timedelta(microseconds=1), MILLISECOND, timedelta(days=900)])
def test_it_does_not_sell_after_expires_at(world: World, mode: str, late: timedelta) -> None:
    item = item_in(world, mode, expires_at=NOW)
    refused(item, ItemExpired, now=NOW + late)
    assert sell(item, now=NOW).amount == Decimal("70.13")


def test_it_reads_the_databases_clock_when_no_time_is_given(world: World, mode: str) -> None:
    closed = item_in(world, mode, now=clock.now(), expires_at=clock.now() - MILLISECOND)
    still_open = item_in(
        world, mode, now=clock.now(), expires_at=clock.now() + timedelta(minutes=1)
    )
    refused(closed, ItemExpired, now=None)
    assert sell(still_open, now=None).amount == Decimal("70.13")


def test_it_reads_a_sandboxs_own_clock(world: World, mode: str) -> None:
    environment = world.northwind.sandbox
    item, other = (make_item(environment, now=clock.now()) for _ in range(2))
    environment.clock_offset = timedelta(days=6, hours=23)
    environment.save()
    sell(item, now=None)
    environment.clock_offset = timedelta(days=7, seconds=5)
    environment.save()
    refused(other, ItemExpired, now=None)
    item.refresh_from_db()
    assert timedelta(days=6, hours=23) <= item.sold_at - item.purchased_at < timedelta(days=7)  # type: ignore[operator]


def test_it_does_not_move_another_environments_clock(world: World, mode: str) -> None:
    world.juniper.sandbox.clock_offset = timedelta(days=30)
    world.juniper.sandbox.save()
    assert sell(item_in(world, mode, now=clock.now()), now=None).amount == Decimal("70.13")


def refused(item: Item, error: type[Exception], **options: Any) -> Exception:
    """The sellback raises this error, and no row of the database changes."""
    before = everything()
    with pytest.raises(error) as caught:
        sell(item, **options)
    assert everything() == before
    return caught.value


@pytest.mark.parametrize(
    "item_id", ["", "nothing", "a\0b", "x" * 100_000, "%", "' OR true --", "é😀"]
)
def test_it_refuses_an_unknown_item(world: World, mode: str, item_id: str) -> None:
    refused(item_in(world, mode), ItemNotFound, item_id=item_id)


def test_it_refuses_an_item_of_any_other_environment(world: World, mode: str) -> None:
    item = item_in(world, mode)
    for environment in (
        world.northwind.live,
        world.northwind.sandbox,
        world.juniper.live,
        world.juniper.sandbox,
    ):
        if environment != item.environment:
            refused(item, ItemNotFound, environment=environment)


@pytest.mark.parametrize("state", ["shipping", "shipped"])
def test_it_refuses_an_item_that_is_being_shipped(world: World, mode: str, state: str) -> None:
    refused(item_in(world, mode, state=state), ItemNotFound)


def test_it_refuses_an_item_sold_before(world: World, mode: str) -> None:
    item = item_in(world, mode)
    sell(item)
    refused(item, ItemNotFound)


def test_it_refuses_an_item_whose_earlier_sale_is_unresolved(world: World, mode: str) -> None:
    item = item_in(world, mode, state="selling")
    make_buyback(item, state="claimed")
    refused(item, SessionActive)


def test_it_refuses_at_another_price_than_the_one_shown(world: World, mode: str) -> None:
    item = item_in(world, mode)
    error = refused(item, PriceChanged, expected_amount=Decimal("70.12"))
    assert error.amount == Decimal("70.13")  # type: ignore[attr-defined]
    assert sell(item, expected_amount=Decimal("70.13")).amount == Decimal("70.13")


def test_it_says_expired_before_it_says_the_price_changed(world: World, mode: str) -> None:
    item = item_in(world, mode, expires_at=NOW)
    refused(item, ItemExpired, now=NOW + MILLISECOND, expected_amount=Decimal(1))


def test_it_sells_a_card_pulled_again_after_its_sale(world: World, mode: str) -> None:
    first = item_in(world, mode)
    sell(first)
    purchase = make_purchase(first.collector, pack=make_pack())
    second = item_in(world, mode, card=first.card, purchase=purchase)
    assert sell(second).item_id == first.public_id
    assert Buyback.objects.filter(state="settled").count() == 2
