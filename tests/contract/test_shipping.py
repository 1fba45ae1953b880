"""Section 7's rows, one test each (``ship_cases.py``), and their effect on an inventory."""

from __future__ import annotations

import json

import pytest

from partners.models import Mode
from tests.contract import ship_cases
from tests.contract.cases import SELL, VALID, Row
from tests.contract.runner import check, everything, play, send
from tests.contract.scene import Scene
from tests.contract.ship_cases import ADVANCE, ORDER, SHIP, SHIP_QUOTE, quoting
from tests.contract.test_rows import rows

FAULTS = {SHIP_QUOTE: "Failed to fetch shipping quotes", SHIP: "Failed to create shipping request"}
KEY = {"Idempotency-Key": "k"}


@pytest.mark.parametrize(("mode", "row"), rows(ship_cases.QUOTES))
def test_it_quotes_as_section_7_says(scene: Scene, row: Row) -> None:
    play(scene, row)


@pytest.mark.parametrize(("mode", "row"), rows(ship_cases.REQUESTS))
def test_it_takes_orders_as_section_7_says(scene: Scene, row: Row) -> None:
    play(scene, row)


@pytest.mark.parametrize(("mode", "row"), rows(ship_cases.ORDERS))
def test_it_shows_orders_as_section_7_says(scene: Scene, row: Row) -> None:
    play(scene, row)


@pytest.mark.parametrize(("mode", "row"), rows(ship_cases.ADVANCES))
def test_it_advances_orders_as_section_9_says(scene: Scene, row: Row) -> None:
    play(scene, row)


def ids(scene: Scene) -> set[str]:
    return {item["id"] for item in json.loads(send(scene, "GET /inventory/ada").content)["items"]}


def test_it_removes_ordered_items_from_inventory_and_sale(scene: Scene) -> None:
    quoted = json.loads(send(scene, SHIP_QUOTE, quoting("<held>", "<piped>")).content)
    before = ids(scene)
    answer = json.loads(send(scene, SHIP, {"quote_id": quoted["quotes"][0]["id"]}).content)
    gone = {scene.names["held"], scene.names["piped"]}
    assert before - ids(scene) == gone
    check(scene, send(scene, SELL, {"item_id": "<held>"}), 400, "Item not found")
    shown = json.loads(send(scene, f"GET /ship/order/{answer['order_id']}").content)
    assert {item["item_id"] for item in shown["items"]} == gone
    assert (shown["status"], shown["amount"]) == ("queued", quoted["quotes"][0]["amount"])


def test_it_takes_one_order_for_one_idempotency_key(scene: Scene) -> None:
    first, again = (send(scene, SHIP, {"quote_id": "<quote>"}, headers=KEY) for _ in range(2))
    assert (first.status_code, again.content, again["Idempotency-Replayed"]) == (
        200,
        first.content,
        "true",
    )
    check(scene, send(scene, SHIP, {"quote_id": "<quote>"}), 400, "Item already shipped")


def test_it_keeps_a_refused_address_with_its_correction(scene: Scene) -> None:
    first, again = (send(scene, SHIP_QUOTE, quoting(state="NY"), headers=KEY) for _ in range(2))
    assert json.loads(first.content)["suggested"]["state"] == "CA"
    assert (again.content, again["Idempotency-Replayed"]) == (first.content, "true")


@pytest.mark.parametrize("call", FAULTS)
def test_it_names_its_faults(scene: Scene, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    def breaks(*_: object, **__: object) -> None:
        raise RuntimeError("on purpose")

    monkeypatch.setattr("inventory.shipping.rates.by_table", breaks)
    monkeypatch.setattr("inventory.shipping.orders.record_event", breaks)
    before = everything()
    check(scene, send(scene, call, VALID[call]), 500, FAULTS[call])
    assert everything() == before


def test_it_goes_all_the_way_in_the_sandbox(scenes: dict[str, Scene], db: None) -> None:
    sandbox, seen = scenes[Mode.SANDBOX], []
    for _ in range(4):
        order = json.loads(send(sandbox, ADVANCE, {}).content)
        seen.append(
            (order["status"], order["tracking_number"] is None, order["shipped_at"] is None)
        )
    assert [*seen, order["delivered_at"] is None] == [
        ("processing", True, True),
        ("label_created", False, True),
        ("shipped", False, False),
        ("delivered", False, False),
        False,
    ]
    check(sandbox, send(sandbox, ADVANCE, {}), 400, ship_cases.NO_STEP)


def test_it_gives_a_cancelled_orders_items_back(scenes: dict[str, Scene], db: None) -> None:
    sandbox = scenes[Mode.SANDBOX]
    assert sandbox.names["ordered"] not in ids(sandbox)
    send(sandbox, ADVANCE, {"status": "cancelled"})
    assert sandbox.names["ordered"] in ids(sandbox)
    assert send(sandbox, SELL, {"item_id": "<ordered>"}).status_code == 200
    assert json.loads(send(sandbox, ORDER).content)["status"] == "cancelled"


def test_it_lets_quotes_follow_the_sandboxs_clock(scenes: dict[str, Scene], db: None) -> None:
    sandbox = scenes[Mode.SANDBOX]
    send(sandbox, "POST /sandbox/clock", {"advance_seconds": 901})
    check(sandbox, send(sandbox, SHIP, {"quote_id": "<quote>"}), 400, "Quote expired")
