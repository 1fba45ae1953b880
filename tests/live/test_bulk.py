"""Bulk sales that ask the oracle and the treasury: each item once, at the price shown; the unknown resolves later."""

from __future__ import annotations

from decimal import Decimal
from uuid import uuid4

from pytest_django.fixtures import Settings

from buyback import bulk
from buyback.models import BulkSale, Buyback, Payout
from config import clock
from inventory.models import Item
from partners.actor import SYSTEM
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
