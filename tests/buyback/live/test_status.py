"""``GET /vm/buyback/:item_id``: each state in the contract's words; an open one is reconciled."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from buyback.models import Buyback, Payout
from config.foundation import clock
from config.foundation.clock import iso
from inventory.models import Item
from tests.buyback.live.shop import (
    FAILED,
    NOT_FOUND,
    SETTLED,
    SOLD,
    UNKNOWN,
    Shop,
    calls,
    later,
    rows,
)
from tests.world import make_buyback, make_card, make_item

NONE = (404, NOT_FOUND[1])


def status(shop: Shop, item: Item | str) -> tuple[int, Any]:
    item_id = item if isinstance(item, str) else item.public_id
    return shop.get(f"/vm/buyback/{quote(item_id, safe='')}")


def status_of(item: Item, word: str, **fields: Any) -> tuple[int, Any]:
    """The expected status of the item's latest sellback."""
    latest = Buyback.objects.filter(item=item).latest("created_at")
    known = {
        "item_id": item.public_id,
        "status": word,
        "amount": 70.13,
        "created_at": iso(latest.created_at),
    }
    completed = None if latest.completed_at is None else iso(latest.completed_at)
    return 200, known | {"completed_at": completed, "payout_id": None} | fields


def test_it_reports_a_completed_sellback(shop: Shop) -> None:
    item = shop.item(card=make_card(source_type="ebay", listing_id="v1|77|0"))
    assert shop.sale(item) == SOLD
    assert status(shop, item) == status_of(
        item, "completed", payout_id=str(Payout.objects.get().pk)
    )


def test_it_shows_a_declined_and_an_unpriced_one(shop: Shop) -> None:
    item, unpriced = shop.item(), shop.item()
    shop.treasury.fault("decline", times=1)
    assert shop.sale(item) == FAILED
    shop.oracle.fault("stale", times=1)
    assert shop.sale(unpriced) == FAILED
    assert status(shop, item) == status_of(item, "failed")
    assert status(shop, unpriced) == status_of(unpriced, "failed", amount=None)


@pytest.mark.parametrize(
    ("state", "amount"), [("claimed", None), ("submitted", 70.13), ("unknown", 70.13)]
)
@pytest.mark.breaks_books(reason="a submitted sale's transfer is left out")
def test_it_reports_one_that_is_running(shop: Shop, state: str, amount: float | None) -> None:
    item = shop.item(state="selling")
    make_buyback(item, state=state, created_at=clock.now())
    assert status(shop, item) == status_of(item, "pending", amount=amount)
    assert rows(item).buyback == state
    assert shop.treasury.seen == []


def test_it_reports_one_in_review(shop: Shop) -> None:
    item = shop.item()
    shop.treasury.fault("wrong_amount", times=1)
    assert shop.sale(item) == UNKNOWN
    Buyback.objects.update(lease_until=later(seconds=-1))
    assert status(shop, item) == status_of(item, "pending")
    assert calls(shop.treasury) == ["POST"]


def test_it_reconciles_an_open_one_when_it_is_viewed(shop: Shop) -> None:
    item = shop.item()
    shop.treasury.fault("drop_after", times=1)
    assert shop.sale(item) == UNKNOWN
    assert status(shop, item) == status_of(item, "pending")
    Buyback.objects.update(lease_until=later(seconds=-1))
    answer = status(shop, item)
    assert answer == status_of(item, "completed", payout_id=str(Payout.objects.get().pk))
    assert rows(item) == SETTLED


def test_it_reports_the_latest(shop: Shop) -> None:
    item = shop.item()
    shop.treasury.fault("decline", times=1)
    assert [shop.sale(item), shop.sale(item)] == [FAILED, SOLD]
    assert status(shop, item)[1]["status"] == "completed"


@pytest.mark.breaks_books(reason="their sale has no payout")
def test_it_knows_no_other_sellback(shop: Shop) -> None:
    theirs = make_item(shop.world.juniper.live, state="sold", sold_at=clock.now(), now=clock.now())
    make_buyback(theirs)
    for item in (theirs, shop.item(), "nothing", "a\0b"):
        assert status(shop, item) == NONE
