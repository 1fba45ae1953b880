"""Every oracle fault: no reliable price, no sellback, and an alert with the reason."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from pytest_django.fixtures import Settings

from buyback.models import Alert, Buyback
from config.foundation import clock
from inventory.models import Card
from tests.buyback.live.shop import FAILED, HASTY, SETTLED, SOLD, Shop, calls, later, refused, rows
from tests.world import make_card, make_item

TWICE = ["GET", "GET"]
# The fault, the reason, and the number of oracle calls.
FAULTS = [
    ("drop", "unreachable", 2),
    ("reset", "unreachable", 2),
    ("500", "bad_status", 2),
    ("502", "bad_status", 2),
    ("redirect", "bad_status", 1),
    ("not_found", "bad_status", 1),
    ("garbage", "malformed", 1),
    ("not_json", "malformed", 1),
    ("truncated", "malformed", 1),
    ("cut_body", "malformed", 1),
    ("endless_body", "malformed", 1),
    ("endless_head", "malformed", 1),
    ("gzip", "malformed", 1),
    ("deep", "malformed", 1),
    ("empty", "malformed", 1),
    ("key_twice", "malformed", 1),
    ("wrong_item", "wrong_item", 1),
    ("wrong_currency", "wrong_currency", 1),
    ("stale", "stale", 1),
    ("from_future", "from_future", 1),
    ("no_zone", "malformed", 1),
    ("nan", "malformed", 1),
    ("nan_text", "malformed", 1),
    ("infinite", "malformed", 1),
    ("boolean", "malformed", 1),
    ("missing", "malformed", 1),
    ("negative", "not_positive", 1),
    ("zero", "not_positive", 1),
    ("dust", "not_positive", 1),
    ("huge", "out_of_bounds", 1),
    ("moved", "moved_too_far", 1),
]


@pytest.mark.parametrize(("fault", "reason", "asked"), FAULTS)
def test_it_sells_at_no_price_it_cannot_trust(
    shop: Shop, fault: str, reason: str, asked: int
) -> None:
    item = shop.item()
    shop.oracle.fault(fault)
    assert shop.sale(item) == FAILED
    assert rows(item) == refused(f"price: {reason}", "price_rejected")
    alert = Alert.objects.get()
    assert (alert.environment, alert.detail, alert.seen_at) == (
        item.environment,
        f"{item.card_id}: {reason}",
        None,
    )
    assert (calls(shop.oracle), calls(shop.treasury)) == (["GET"] * asked, [])
    item.card.refresh_from_db()
    assert item.card.fmv == Decimal("82.50")


@pytest.mark.parametrize("fault", ["hang", "dripping_body", "dripping_head"])
def test_it_gives_up_on_a_slow_oracle(shop: Shop, settings: Settings, fault: str) -> None:
    item, settings.ORACLE_TIMEOUT = shop.item(), HASTY
    shop.oracle.fault(fault)
    assert shop.sale(item) == FAILED
    assert rows(item) == refused("price: timeout", "price_rejected")
    assert calls(shop.treasury) == []


def test_it_gives_up_on_an_oracle_that_is_not_there(shop: Shop, settings: Settings) -> None:
    item, settings.ORACLE_URL = shop.item(), "http://127.0.0.1:1"
    assert shop.sale(item) == FAILED
    assert rows(item) == refused("price: unreachable", "price_rejected")


@pytest.mark.parametrize("fault", ["drop", "500", "reset"])
def test_it_sells_after_one_failure(shop: Shop, fault: str) -> None:
    item = shop.item()
    shop.oracle.fault(fault, times=1)
    assert shop.sale(item) == SOLD
    assert (rows(item), calls(shop.oracle)) == (SETTLED, TWICE)


def test_it_alerts_once_until_the_alert_is_seen(shop: Shop) -> None:
    item = shop.item()
    shop.oracle.fault("stale")
    assert [shop.sale(item) for _ in range(3)] == [FAILED] * 3
    assert Alert.objects.count() == 1
    Alert.objects.update(seen_at=clock.now())
    assert shop.sale(item) == FAILED
    assert Alert.objects.count() == 2


def test_it_holds_the_item_again_at_once(shop: Shop) -> None:
    item = shop.item()
    shop.oracle.fault("garbage", times=1)
    assert [shop.sale(item), shop.sale(item)] == [FAILED, SOLD]
    assert list(Buyback.objects.order_by("created_at").values_list("state", flat=True)) == [
        "failed",
        "settled",
    ]
    assert len(shop.treasury.payments) == 1


def test_it_keeps_the_oracles_price_for_the_card(shop: Shop) -> None:
    item = shop.item()
    shop.oracle.prices[item.public_id] = "100.10"
    assert shop.sale(item) == (200, {"success": True, "amount": 85.09})  # 85.085, half up
    sold = Buyback.objects.get()
    item.card.refresh_from_db()
    assert (sold.fmv, sold.amount) == (Decimal("100.10"), Decimal("85.09"))
    assert (item.card.fmv, item.card.priced_at) == (sold.fmv, sold.priced_at)


def test_it_keeps_a_newer_price_of_the_card(shop: Shop) -> None:
    item, tomorrow = shop.item(), later(days=1)
    Card.objects.filter(pk=item.card_id).update(fmv=Decimal(90), priced_at=tomorrow)
    assert shop.sale(item) == SOLD
    item.card.refresh_from_db()
    assert (item.card.fmv, item.card.priced_at) == (Decimal(90), tomorrow)


@pytest.mark.parametrize(("fmv", "amount"), [("10.00", 25), ("29.42", 25.01), ("29.41", 25)])
def test_it_pays_a_voucher_at_least_the_price_of_the_pull(
    shop: Shop, fmv: str, amount: float
) -> None:
    item = shop.item(card=make_card(fmv=Decimal(20)), voucher=True)
    shop.oracle.prices[item.public_id] = fmv
    assert shop.sale(item) == (200, {"success": True, "amount": amount})
    sold = Buyback.objects.get()
    assert (sold.voucher, sold.mint_price, sold.fmv) == (True, Decimal(25), Decimal(fmv))
    assert shop.treasury.payments[0].amount == sold.amount


def test_it_pays_no_share_that_rounds_to_zero(shop: Shop) -> None:
    item = shop.item(card=make_card(fmv=Decimal("0.02")), buyback_percent=Decimal("0.30"))
    shop.oracle.prices[item.public_id] = "0.01"
    assert shop.sale(item) == FAILED
    assert rows(item) == refused("price: not_positive", "price_rejected")


def test_it_asks_for_the_price_after_the_claim(shop: Shop) -> None:
    """The claim checks the window; it counts as open however long the oracle takes."""
    item = shop.item(expires_at=later(seconds=1.2))
    shop.oracle.fault("slow", times=1, seconds=1.5)
    assert shop.sale(item) == SOLD
    assert item.expires_at < Buyback.objects.get().completed_at  # type: ignore[operator]
    assert rows(item) == SETTLED


@pytest.mark.parametrize("url", ["ORACLE_URL", "TREASURY_URL"])
def test_it_calls_only_configured_peers(shop: Shop, settings: Settings, url: str) -> None:
    item = shop.item()
    setattr(settings, url, "")
    assert shop.sale(item) == SOLD
    assert rows(item) == SETTLED
    asked = (calls(shop.oracle), calls(shop.treasury))
    assert asked == (([], ["POST"]) if url == "ORACLE_URL" else (["GET"], []))


def test_it_never_asks_for_the_sandbox(shop: Shop) -> None:
    item = make_item(shop.world.northwind.sandbox, now=clock.now() - timedelta(hours=1))
    shop.base, shop.key = "/_/api/v1", shop.world.northwind.sandbox_key
    assert shop.sale(item) == SOLD
    assert (shop.oracle.seen, shop.treasury.seen) == ([], [])
