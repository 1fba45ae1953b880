"""Section 9's sandbox: controls and scenarios (``sandbox_cases.py``), none of them in live."""

from __future__ import annotations

import json

import pytest

from buyback.models import Buyback
from inventory.models import Item
from partners.models import Mode
from tests.contract.cases import BUY, SELL, STATUS, VALID, Row, buying
from tests.contract.runner import check, everything, play, send
from tests.contract.sandbox_cases import CLOCK, CONTROLS, RESET, SCENARIOS
from tests.contract.scene import Scene
from tests.contract.test_rows import rows

SCENARIO, KEY = "X-Sandbox-Scenario", {"Idempotency-Key": "k"}


@pytest.fixture
def sandbox(scenes: dict[str, Scene], db: None) -> Scene:
    return scenes[Mode.SANDBOX]


@pytest.mark.parametrize(("mode", "row"), rows(CONTROLS))
def test_it_is_controlled_as_section_9_says(scene: Scene, row: Row) -> None:
    play(scene, row)


@pytest.mark.parametrize(("mode", "row"), rows(SCENARIOS))
def test_it_plays_what_live_would_answer(scene: Scene, row: Row) -> None:
    before = everything()
    play(scene, row)
    assert everything() == before


@pytest.mark.parametrize(
    ("call", "name"),
    [
        *((call, "internal_error") for call in VALID),
        (SELL, "in_flight"),
        (SELL, "nothing"),
        (STATUS, "pending"),
    ],
)
def test_it_plays_nothing_in_live(scenes: dict[str, Scene], db: None, call: str, name: str) -> None:
    live = scenes[Mode.LIVE]
    assert send(live, call, VALID[call], headers={SCENARIO: name}).status_code == 200


def test_it_buys_as_pending_and_returns_the_items_later(sandbox: Scene) -> None:
    """The only scenario with an effect, so that there is a result to poll."""
    answer = json.loads(
        send(sandbox, BUY, buying(amount=2), headers={SCENARIO: "pending"} | KEY).content
    )
    assert answer["nfts"] == []
    again = send(sandbox, BUY, buying(amount=2), headers=KEY)
    assert (json.loads(again.content), again["Idempotency-Replayed"]) == (answer, "true")
    payload = json.loads(send(sandbox, STATUS, {"session_id": answer["session_id"]}).content)
    assert len(payload["result"]["nfts"]) == 2


def test_it_says_when_to_come_back(sandbox: Scene) -> None:
    assert send(sandbox, SELL, VALID[SELL], headers={SCENARIO: "in_flight"})["Retry-After"] == "1"


def test_it_keeps_a_played_refusal_as_live_would(sandbox: Scene) -> None:
    """A retry with the same key gets the same response; a new key sells."""
    failed = {SCENARIO: "transaction_failed"} | KEY
    for headers in (failed, KEY):
        check(sandbox, send(sandbox, SELL, VALID[SELL], headers=headers), 400, "Transaction failed")
    assert (
        send(sandbox, SELL, VALID[SELL], headers={"Idempotency-Key": "another"}).status_code == 200
    )


@pytest.mark.parametrize("name", ["in_flight", "internal_error"])
def test_it_keeps_no_played_answer_that_live_would_not_keep(sandbox: Scene, name: str) -> None:
    assert send(sandbox, SELL, VALID[SELL], headers={SCENARIO: name} | KEY).status_code in (
        429,
        500,
    )
    assert send(sandbox, SELL, VALID[SELL], headers=KEY).status_code == 200


def test_it_never_keeps_that_a_scenario_is_unknown_nor_hides_it_behind_a_key(
    sandbox: Scene,
) -> None:
    unknown = {SCENARIO: "nothing"} | KEY
    for _ in range(2):
        check(
            sandbox,
            send(sandbox, SELL, VALID[SELL], headers=unknown),
            400,
            "Unknown X-Sandbox-Scenario",
        )
        assert send(sandbox, SELL, VALID[SELL], headers=KEY).status_code == 200


def test_it_simulates_nothing_without_a_key(sandbox: Scene) -> None:
    check(
        sandbox,
        send(sandbox, SELL, VALID[SELL], key="x", headers={SCENARIO: "in_flight"}),
        401,
        "Invalid API key",
    )


def test_it_lets_windows_and_quotes_follow_the_clock(sandbox: Scene) -> None:
    send(sandbox, CLOCK, {"advance_seconds": 3601})
    quoted = send(sandbox, "POST /vm/buyback/quote", {"item_ids": ["<closing>", "<held>"]})
    assert [quote["reason"] for quote in json.loads(quoted.content)["quotes"]] == ["expired", None]
    check(sandbox, send(sandbox, SELL, {"item_id": "<closing>"}), 400, "Item has expired")
    closing = Item.objects.get(environment=sandbox.environment, public_id=sandbox.names["closing"])
    assert closing.expired_at is not None


def test_it_is_empty_after_a_reset_and_open_to_the_same_key(sandbox: Scene) -> None:
    assert send(sandbox, RESET, {}).status_code == 200
    check(sandbox, send(sandbox, "GET /inventory/ada"), 404, "User not found")
    for call in ("GET /buybacks", "GET /payouts", "GET /events"):
        check(sandbox, send(sandbox, call), 200, {"data": (), "next_cursor": None})
    check(sandbox, send(sandbox, SELL, {"item_id": "<held>"}), 400, "Item not found")
    assert send(sandbox, BUY, buying(amount=5)).status_code == 200


def test_it_forgets_idempotency_keys_with_a_reset(sandbox: Scene) -> None:
    send(sandbox, BUY, buying(), headers=KEY)
    send(sandbox, RESET, {})
    assert "Idempotency-Replayed" not in send(sandbox, BUY, buying(), headers=KEY)


def test_it_resets_once_for_one_key(sandbox: Scene) -> None:
    first = send(sandbox, RESET, {}, headers=KEY)
    send(sandbox, BUY, buying())
    again = send(sandbox, RESET, {}, headers=KEY)
    assert (again.content, again["Idempotency-Replayed"]) == (first.content, "true")
    assert send(sandbox, "GET /inventory/ada").status_code == 200


def test_it_leaves_live_as_it_is(scenes: dict[str, Scene], db: None) -> None:
    live, sales = scenes[Mode.LIVE], Buyback.objects.count()
    before = json.loads(send(live, "GET /inventory/ada").content)
    send(scenes[Mode.SANDBOX], CLOCK, {"advance_seconds": 10**8})
    send(scenes[Mode.SANDBOX], RESET, {})
    assert json.loads(send(live, "GET /inventory/ada").content) == before
    assert Buyback.objects.count() == sales
