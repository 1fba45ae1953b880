"""Calls with a single flaw: nothing is half done, and no response is HTML."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pytest_django import Settings

from inventory.models import Purchase
from tests.contract.cases import BUY, SELL, VALID, buying
from tests.contract.runner import check, everything, send
from tests.contract.scene import Scene


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "k"}])
def test_it_buys_nothing_for_a_caller_who_cannot_be_answered(
    scene: Scene, settings: Settings, headers: dict[str, str]
) -> None:
    settings.ALLOWED_HOSTS, before = ["elsewhere.example.test"], Purchase.objects.count()
    check(scene, send(scene, BUY, buying(), headers=headers), 400, "Host not allowed")
    assert Purchase.objects.count() == before


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "k"}])
def test_it_buys_nothing_above_the_cap_of_the_hour(
    scene: Scene, settings: Settings, headers: dict[str, str]
) -> None:
    settings.BUY_CAP_PER_PARTNER_HOUR, before = 1, Purchase.objects.count()
    answer = send(scene, BUY, buying(), headers=headers)
    if scene.mode == "sandbox":  # it has no caps
        assert answer.status_code == 200
        return
    check(scene, answer, 429, "Rate limit exceeded")
    assert 0 < int(answer["Retry-After"]) <= 3600
    assert Purchase.objects.count() == before


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "k"}])
@pytest.mark.parametrize("depth", [65, 460, 900, 30_000])
def test_it_reads_a_deep_body_as_an_empty_one(
    scene: Scene, headers: dict[str, str], depth: int
) -> None:
    body = b'{"item_id": "<held>", "deep": ' + b"[" * depth + b"]" * depth + b"}"
    check(scene, send(scene, SELL, body, headers=headers), 400, "Item not found")


@pytest.mark.parametrize("amount", [1.0, 2.0])
def test_it_takes_a_whole_number_however_it_is_written(scene: Scene, amount: float) -> None:
    answer = send(scene, BUY, buying() | {"amount": amount})
    assert len(json.loads(answer.content)["nfts"]) == int(amount)


@pytest.mark.parametrize("amount", [1.5, 0.0, -1.0, True, "1"])
def test_it_takes_nothing_else_for_a_whole_number(scene: Scene, amount: Any) -> None:
    check(
        scene, send(scene, BUY, buying() | {"amount": amount}), 400, "Amount must be greater than 0"
    )


@pytest.mark.parametrize(
    "floor", ["1E+1000000", "-1E+1000000", "1E+999999999999999999", "NaN", "Infinity", 1e300]
)
def test_it_sells_nothing_for_a_floor_beyond_every_price(scene: Scene, floor: Any) -> None:
    before = everything()
    check(
        scene,
        send(scene, SELL, {"item_id": "<held>", "min_amount": floor}),
        400,
        "Price below min_amount",
    )
    assert everything() == before


@pytest.mark.parametrize("floor", ["1E-1000000", "0E+1000000", "-0", 5e-324])
def test_it_sells_above_a_tiny_minimum(scene: Scene, floor: Any) -> None:
    assert send(scene, SELL, {"item_id": "<held>", "min_amount": floor}).status_code == 200


def test_it_refuses_a_query_with_too_many_parameters(client: Any) -> None:
    assert client.get("/api/docs", query_params={"q": ["1"] * 1001}).status_code == 400


@pytest.mark.parametrize("base", ["/api/v1", "/_/api/v1"])
def test_it_has_nothing_at_the_bare_base(scene: Scene, base: str, client: Any) -> None:
    answer = client.get(base)
    assert (answer.status_code, answer.json()) == (404, {"error": "Not found"})
    assert answer["X-RateLimit-Limit"]
    assert answer["X-Request-Id"]


def test_it_refuses_a_call_in_the_clear_where_tls_is_the_rule(
    scene: Scene, settings: Settings
) -> None:
    settings.SECURE_SSL_REDIRECT, before = True, everything()
    check(scene, send(scene, SELL, VALID[SELL]), 400, "HTTPS is required")
    assert everything() == before


def test_it_limits_calls_that_fail_before_their_key_is_known(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise OSError("no database")

    monkeypatch.setattr("partners.api.authentication.find", broken)
    check(scene, send(scene, SELL, VALID[SELL]), 500, "An unexpected error occurred")
