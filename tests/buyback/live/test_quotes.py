"""Quotes: every reason, in the order of the request, two queries, no side effect."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from buyback.models import Buyback
from buyback.sellback.quotes import quote
from config.foundation import clock
from config.foundation.clock import iso
from inventory.models import Card, Item
from tests.buyback.live.shop import SOLD, UNTOUCHED, Shop, later, reconciled, rows
from tests.world import make_buyback, make_card, make_item

WORTH = {"amount": 70.13, "fmv": 82.5, "buyback_percent": 0.85}
NOTHING = {"amount": None, "fmv": None, "buyback_percent": None, "expires_at": None}


def quotes(shop: Shop, *items: Item | str) -> Any:
    ids = [item if isinstance(item, str) else item.public_id for item in items]
    response = shop.post("/vm/buyback/quote", {"item_ids": ids})
    assert response.status_code == 200
    return response.json()["quotes"]


def quoted(item: Item, reason: str | None, **fields: Any) -> dict[str, Any]:
    known = {
        "item_id": item.public_id,
        "eligible": reason is None,
        "reason": reason,
        "expires_at": None,
    }
    return known | WORTH | fields


def priced_now() -> Card:
    return make_card(priced_at=clock.now())


def test_it_quotes_each_in_the_order_asked(shop: Shop) -> None:
    closes, closed_at = later(days=1), later(seconds=-1)
    held = shop.item(card=priced_now(), expires_at=closes)
    closed = shop.item(card=priced_now(), expires_at=closed_at)
    selling = shop.item(card=priced_now(), state="selling")
    make_buyback(selling, state="claimed", created_at=clock.now())
    stale, shipped = shop.item(), shop.item(card=priced_now(), state="shipped")
    unknown = {"eligible": False, "reason": "not_found"} | NOTHING
    unpriced = quoted(stale, "price_unavailable", amount=None, fmv=None)
    assert quotes(shop, "nothing", selling, closed, stale, held, shipped, held) == [
        {"item_id": "nothing"} | unknown,
        quoted(selling, "in_progress"),
        quoted(closed, "expired", expires_at=iso(closed_at)),
        unpriced,
        quoted(held, None, expires_at=iso(closes)),
        {"item_id": shipped.public_id} | unknown,
        quoted(held, None, expires_at=iso(closes)),
    ]


def test_it_knows_no_other_environments_items(shop: Shop) -> None:
    theirs = make_item(shop.world.juniper.live, now=clock.now())
    sandboxed = make_item(shop.world.northwind.sandbox, now=clock.now())
    assert [one["reason"] for one in quotes(shop, theirs, sandboxed)] == ["not_found"] * 2


def test_it_knows_no_sold_item(shop: Shop) -> None:
    item = shop.item(card=priced_now())
    assert shop.sale(item) == SOLD
    assert quotes(shop, item)[0]["reason"] == "not_found"


@pytest.mark.parametrize("size", [1, 20])
def test_it_takes_two_queries_for_any_number_of_ids(shop: Shop, size: int) -> None:
    ids = [shop.item().public_id for _ in range(size)]
    with CaptureQueriesContext(connection) as queries:
        quote(shop.world.northwind.live, ids)
    assert len(queries) == 2


def test_it_has_no_side_effect_and_calls_no_peer(shop: Shop) -> None:
    item, lost = shop.item(card=priced_now()), shop.item(card=priced_now())
    shop.treasury.fault("drop_before", times=1)
    shop.sell(lost)
    Buyback.objects.update(lease_until=later(seconds=-1))
    before, asked = rows(lost), (list(shop.oracle.seen), list(shop.treasury.seen))
    assert [one["reason"] for one in quotes(shop, item, lost)] == [None, "in_progress"]
    assert rows(lost) == before
    assert rows(item).buyback == UNTOUCHED.buyback
    assert (shop.oracle.seen, shop.treasury.seen) == asked
    assert reconciled(lost)


def test_it_quotes_a_voucher_at_least_the_price_of_the_pull(shop: Shop) -> None:
    item = shop.item(card=make_card(fmv=Decimal(10), priced_at=clock.now()), voucher=True)
    assert quotes(shop, item) == [quoted(item, None, amount=25, fmv=10)]


def test_it_quotes_the_catalogues_price_without_an_oracle_price(
    shop: Shop, settings: Settings
) -> None:
    item, settings.ORACLE_URL = shop.item(), ""
    assert quotes(shop, item) == [quoted(item, None)]


def test_it_quotes_a_sandbox_at_the_frozen_price(shop: Shop) -> None:
    item = make_item(shop.world.northwind.sandbox, now=clock.now() - timedelta(hours=1))
    Card.objects.update(fmv=Decimal(1))
    shop.base, shop.key = "/_/api/v1", shop.world.northwind.sandbox_key
    assert item.expires_at is not None
    assert quotes(shop, item) == [quoted(item, None, expires_at=iso(item.expires_at))]


@pytest.mark.parametrize(("ago", "reason"), [(3599, None), (3601, "price_unavailable")])
def test_it_quotes_a_price_for_as_long_as_the_oracles_may_be_old(
    shop: Shop, ago: int, reason: str | None
) -> None:
    item, now = shop.item(), clock.now()
    Card.objects.filter(pk=item.card_id).update(priced_at=now - timedelta(seconds=ago))
    assert [one.reason for one in quote(item.environment, [item.public_id], now)] == [reason]
