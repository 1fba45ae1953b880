"""Bulk sales that ask the oracle and the treasury: each item once, at the price shown; the unknown resolves later."""

from __future__ import annotations

from decimal import Decimal
from uuid import uuid4

from pytest_django.fixtures import Settings

from buyback import bulk
from buyback.models import BulkSale, Buyback, Payout
from config import clock
from inventory.models import Card, Item
from partners.actor import SYSTEM
from tests.dashboard.steps import signed_in
from tests.live.shop import HASTY, PRICE, Shop, later


def started(shop: Shop, *items: Item, amount: Decimal = PRICE) -> BulkSale:
    chosen = [(item.pk, amount) for item in items]
    live = shop.world.northwind.live
    return bulk.start(environment=live, token=uuid4(), chosen=chosen, by=SYSTEM, now=clock.now())


def states(sale: BulkSale) -> list[tuple[str, str]]:
    return [(line.state, line.reason) for line in sale.lines.order_by("pk")]


def test_it_pays_each_item_once(shop: Shop) -> None:
    sale = started(shop, shop.item(), shop.item())
    bulk.sell_next(sale.pk)
    bulk.sell_next(sale.pk)
    assert states(sale) == [("sold", "")] * 2
    assert (len(shop.treasury.payments), Payout.objects.count()) == (2, 2)


def test_it_sells_at_no_other_price_than_was_shown(shop: Shop) -> None:
    sale = started(shop, shop.item(), amount=Decimal("70.12"))
    bulk.sell_next(sale.pk)
    assert states(sale) == [("refused", "price_changed")]
    assert (len(shop.treasury.payments), Payout.objects.count()) == (0, 0)


def test_it_previews_what_was_last_heard_says_so_and_shows_the_new_price_afterwards(shop: Shop) -> None:
    item, client = shop.item(), signed_in(shop.world.northwind.operator)
    Card.objects.filter(pk=item.card_id).update(priced_at=later(minutes=-1))
    shop.oracle.prices[item.public_id] = "90.00"
    sent = {"environment": item.environment_id}
    preview = client.post("/dashboard/live/bulk/preview/", sent | {"item": item.pk})
    assert [amount for _, amount in preview.context["sellable"]] == [PRICE]
    assert "An item whose price has changed by then is left unsold" in preview.content.decode()
    sale = started(shop, item)
    bulk.sell_next(sale.pk)
    assert states(sale) == [("refused", "price_changed")]
    again = client.post("/dashboard/live/bulk/preview/", sent | {"again": sale.pk})
    assert [amount for _, amount in again.context["sellable"]] == [Decimal("76.50")]
    assert Payout.objects.count() == 0


def test_it_says_when_the_treasury_declines(shop: Shop) -> None:
    sale = started(shop, shop.item(), shop.item())
    shop.treasury.fault("decline", times=1)
    bulk.sell_next(sale.pk)
    assert states(sale) == [("refused", "failed"), ("sold", "")]
    assert len(shop.treasury.payments) == 1


def test_it_resolves_later_what_the_treasury_did_not_say(shop: Shop, settings: Settings) -> None:
    settings.TREASURY_TIMEOUT = HASTY
    sale = started(shop, shop.item())
    shop.treasury.fault("hang_after", times=1)
    bulk.sell_next(sale.pk)
    assert states(sale) == [("unknown", "")]
    assert sale.lines.get().buyback == Buyback.objects.get()
    assert bulk.unattended() == []
    assert bulk.unattended(now=later(minutes=2)) == [sale.pk]
    bulk.sell_next(sale.pk, now=later(minutes=2))
    assert states(sale) == [("sold", "")]
    assert (len(shop.treasury.payments), Payout.objects.count()) == (1, 1)
