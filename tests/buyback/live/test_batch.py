"""The batch: each item by the rules of one, instant and step-by-step, with and without a key."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from buyback.live.reconciler import reconcile_all
from buyback.models import Buyback, Payout
from config.foundation import clock
from inventory.models import Item
from partners.models import IdempotencyKey
from partners.records import idempotency
from tests.buyback.live.shop import SETTLED, UNTOUCHED, Shop, heard, later, rows

REQUIRED = (400, {"error": "item_ids must be a list of 1 to 50 strings"})
UNKNOWN_LINE = {"success": False, "error": "An unexpected error occurred"}


@pytest.fixture(params=["instant", "step by step"])
def either(request: pytest.FixtureRequest, shop: Shop, settings: Settings) -> Shop:
    """The shop with its peers, or without."""
    if request.param == "instant":
        settings.ORACLE_URL = settings.TREASURY_URL = ""
    return shop


def batch(shop: Shop, *items: Item | str, key: str | None = None) -> Any:
    ids = [item if isinstance(item, str) else item.public_id for item in items]
    return shop.post("/vm/buyback/batch", {"item_ids": ids}, key)


def sold(item: Item) -> dict[str, Any]:
    return {"item_id": item.public_id, "success": True, "amount": 70.13}


def line(item_id: str, error: str) -> dict[str, Any]:
    return {"item_id": item_id, "success": False, "error": error}


@pytest.mark.parametrize("key", [None, "k"])
def test_it_sells_each_by_itself(either: Shop, key: str | None) -> None:
    held, again, closed = either.item(), either.item(), either.item(expires_at=later(seconds=-1))
    answer = batch(either, held, "nothing", closed, held, again, key=key)
    assert heard(answer) == (
        200,
        {
            "results": [
                sold(held),
                line("nothing", "Item not found"),
                line(closed.public_id, "Item has expired"),
                line(held.public_id, "Item not found"),
                sold(again),
            ]
        },
    )
    assert [item.state for item in Item.objects.order_by("pk")] == ["sold", "sold", "held"]
    assert Payout.objects.count() == 2


def test_it_answers_the_same_again_under_its_key(either: Shop) -> None:
    first, second = either.item(), either.item()
    answer = batch(either, first, "nothing", second, key="k")
    again = batch(either, first, "nothing", second, key="k")
    assert (again.content, again.headers["Idempotency-Replayed"]) == (answer.content, "true")
    assert Payout.objects.count() == 2
    assert heard(batch(either, second, first, key="k"))[0] == 422


@pytest.mark.parametrize("ids", [None, [], "abc", [1], [None], ["a", {}], {"a": 1}, ["x"] * 51])
def test_it_requires_1_to_50_ids(either: Shop, ids: Any) -> None:
    for key in (None, "k"):
        assert heard(either.post("/vm/buyback/batch", {"item_ids": ids}, key)) == REQUIRED
    assert heard(either.post("/vm/buyback/quote", {"item_ids": ids})) == REQUIRED


def test_it_keeps_the_sales_before_a_refused_one(either: Shop) -> None:
    items = [either.item() for _ in range(2)]
    batch(either, items[0], "nothing", items[1], key="k")
    assert sorted(Buyback.objects.values_list("item_id", flat=True)) == [item.pk for item in items]
    assert set(Buyback.objects.values_list("state", flat=True)) == {"settled"}


@pytest.mark.parametrize("key", [None, "k"])
def test_it_goes_on_after_a_line_whose_outcome_is_unknown(shop: Shop, key: str | None) -> None:
    lost, item = shop.item(), shop.item()
    shop.treasury.fault("drop_after", times=1)
    answer = heard(batch(shop, lost, item, key=key))
    assert answer == (200, {"results": [{"item_id": lost.public_id} | UNKNOWN_LINE, sold(item)]})
    assert [Buyback.objects.get(item=one).state for one in (lost, item)] == ["unknown", "settled"]


def test_it_does_not_freeze_a_batch_with_an_unknown_line(shop: Shop) -> None:
    lost, item = shop.item(), shop.item()
    shop.treasury.fault("drop_after", times=1)
    assert (
        heard(batch(shop, lost, item, key="k"))[1]["results"][0]
        == {"item_id": lost.public_id} | UNKNOWN_LINE
    )
    assert (
        heard(batch(shop, lost, item, key="k"))[1]["results"][0]
        == {"item_id": lost.public_id} | UNKNOWN_LINE
    )
    Buyback.objects.filter(state="unknown").update(lease_until=later(seconds=-1))
    truth = (200, {"results": [sold(lost), sold(item)]})
    assert heard(batch(shop, lost, item, key="k")) == truth
    replay = batch(shop, lost, item, key="k")
    assert (heard(replay), replay.headers["Idempotency-Replayed"]) == (truth, "true")
    assert (Payout.objects.count(), len(shop.treasury.payments)) == (2, 2)


def test_its_lines_have_true_outcomes_after_the_peers_are_removed(
    shop: Shop, settings: Settings
) -> None:
    lost, item = shop.item(), shop.item()
    shop.treasury.fault("drop_after", times=1)
    assert heard(batch(shop, lost, item, key="k"))[1]["results"] == [
        {"item_id": lost.public_id} | UNKNOWN_LINE,
        sold(item),
    ]
    Buyback.objects.filter(state="unknown").update(lease_until=later(seconds=-1))
    assert reconcile_all() == 1
    settings.ORACLE_URL = settings.TREASURY_URL = ""
    assert heard(batch(shop, lost, item, key="k")) == (200, {"results": [sold(lost), sold(item)]})
    assert batch(shop, lost, item, key="k").headers["Idempotency-Replayed"] == "true"
    assert (Payout.objects.count(), len(shop.treasury.payments)) == (2, 2)


def test_it_refuses_while_the_same_batch_is_at_work(shop: Shop) -> None:
    item = shop.item()
    begin(
        shop,
        "k",
        idempotency.fingerprint("/api/v1/vm/buyback/batch", {"item_ids": [item.public_id]}),
    )
    answer = batch(shop, item, key="k")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "1")
    assert rows(item) == UNTOUCHED


def test_it_does_not_freeze_a_line_that_an_earlier_request_is_at_work_on(shop: Shop) -> None:
    """A batch may exceed its key's lease. A retry then finds lines of the first request running."""
    item = shop.item()
    own = "batch " + hashlib.sha256(f"k\n0\n{item.public_id}".encode()).hexdigest()
    begin(shop, own, idempotency.fingerprint(own, {}))
    in_flight = line(item.public_id, "A buyback request for this item is already being processed")
    assert heard(batch(shop, item, key="k")) == (200, {"results": [in_flight]})
    IdempotencyKey.objects.update(lease_until=later(seconds=-1))
    assert heard(batch(shop, item, key="k")) == (200, {"results": [sold(item)]})
    assert rows(item) == SETTLED


def begin(shop: Shop, key: str, fingerprint: bytes) -> None:
    environment = shop.world.northwind.live
    idempotency.begin(environment=environment, key=key, fingerprint=fingerprint, now=clock.now())
