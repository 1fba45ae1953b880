"""Price limits, in both ways of selling: ``min_amount`` and ``expected_amount``."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from buyback.models import Buyback
from buyback.outcomes import PriceChanged
from buyback.sellback.sell_back import sell_back
from partners.records.actor import SYSTEM
from tests.buyback.live.shop import BELOW, PRICE, SOLD, Shop, refused, rows

MET: list[Any] = [
    None,
    0,
    -5,
    70,
    70.13,
    "70.13",
    "70.1300",
    "7.013e1",
    1e-300,
    "1e-99999",
    "70.1299999",
    -1e11,
]
MISSED: list[Any] = [
    70.14,
    "70.14",
    71,
    70.130001,
    "70.13000000000000000000000000000000000000001",
    1e11,
    1e300,
]
ODD: list[Any] = [
    "",
    "abc",
    "NaN",
    "Infinity",
    "-Infinity",
    "1e999999",
    "-1e999999",
    True,
    False,
    [],
    {},
    "70,13",
    "²",
]


@pytest.fixture(params=["instant", "step by step"])
def either(request: pytest.FixtureRequest, shop: Shop, settings: Settings) -> Shop:
    """The shop with its peers, or without."""
    if request.param == "instant":
        settings.ORACLE_URL = settings.TREASURY_URL = ""
    return shop


@pytest.mark.parametrize("floor", MET, ids=str)
def test_it_sells_at_or_above_the_floor(either: Shop, floor: Any) -> None:
    assert either.sale(either.item(), min_amount=floor) == SOLD


@pytest.mark.parametrize("floor", [*MISSED, *ODD], ids=str)
def test_it_sells_nothing_below_the_floor_or_above_one_it_cannot_read(
    either: Shop, floor: Any
) -> None:
    item = either.item()
    assert either.sale(item, min_amount=floor) == BELOW
    found = rows(item)
    assert (found.item, found.moves, found.payouts, found.spent) == ("held", (), (), ())
    assert either.treasury.seen == []


def test_it_keeps_why_a_step_by_step_sale_was_refused(shop: Shop) -> None:
    item = shop.item()
    assert shop.sale(item, min_amount=71) == BELOW
    assert rows(item) == refused("below_min_amount")
    assert shop.sale(item, min_amount=70) == SOLD


def test_it_sells_at_the_price_shown_and_at_no_other(either: Shop) -> None:
    item = either.item()
    sale: dict[str, Any] = {
        "environment": item.environment,
        "item_id": item.public_id,
        "by": SYSTEM,
    }
    for shown in (PRICE - Decimal("0.01"), PRICE + Decimal("0.01")):
        with pytest.raises(PriceChanged) as changed:
            sell_back(**sale, expected_amount=shown)
        assert changed.value.amount == PRICE
        assert rows(item).item == "held"
    assert sell_back(**sale, expected_amount=PRICE).amount == PRICE


def test_it_reports_a_changed_price_with_the_oracles_current_one(shop: Shop) -> None:
    item = shop.item()
    shop.oracle.prices[item.public_id] = "100.00"
    with pytest.raises(PriceChanged) as changed:
        sell_back(
            environment=item.environment, item_id=item.public_id, by=SYSTEM, expected_amount=PRICE
        )
    assert changed.value.amount == Decimal("85.00")
    assert rows(item) == refused("price_changed")
    assert Buyback.objects.get().amount is None
