"""Live quotes with a carrier: rates, and the effects of timeouts and invalid responses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from config.peers import outbound
from config.peers.breaker import MAX_FAILURES, Breaker
from inventory.models import ShippingOrder, ShippingQuote
from inventory.shipping import carrier
from partners.models import IdempotencyKey
from tests.peers.carrier import CarrierPeer
from tests.shipments import ADDRESS
from tests.world import World, make_item

FAILED = (500, {"error": "Failed to fetch shipping quotes"})
KEY = {"Idempotency-Key": "k"}


@pytest.fixture
def peer(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[CarrierPeer]:
    monkeypatch.setattr(carrier, "BREAKER", Breaker())
    with CarrierPeer() as server:
        settings.CARRIER_URL, settings.CARRIER_TIMEOUT = server.url, 20.0
        yield server
    carrier._carrier.cache_clear()


def post(world: World, path: str, sent: dict[str, Any], **headers: str) -> Any:
    """One POST in live."""
    caller = Client(
        headers={"X-API-Key": world.northwind.live_key, **headers}, raise_request_exception=False
    )
    return caller.post(f"/api/v1{path}", sent, content_type="application/json")


def quote(world: World, item: str = "", **headers: str) -> Any:
    """``POST /ship/quote`` for one item, by default a new one."""
    item = item or make_item(world.northwind.live).public_id
    return post(world, "/ship/quote", {"item_ids": [item], "destination": ADDRESS}, **headers)


def heard(response: Any) -> tuple[int, Any]:
    return response.status_code, json.loads(response.content)


def test_it_offers_what_the_carrier_asks_and_orders_at_it(world: World, peer: CarrierPeer) -> None:
    status, offer = heard(quote(world))
    assert status == 200
    assert offer["quotes"][0] == {
        "id": f"{offer['session_id']}_rate_ground",
        "carrier": "Parcel Co",
        "service": "Ground",
        "amount": 5.1,
        "estimated_days_min": 2,
        "estimated_days_max": 5,
        "insured": False,
    }
    assert peer.asked[0]["quote"] == offer["session_id"]
    assert post(world, "/ship/request", {"quote_id": offer["quotes"][0]["id"]}).status_code == 200
    order = ShippingOrder.objects.get()
    assert (order.carrier, order.service, order.amount) == ("Parcel Co", "Ground", Decimal("5.10"))


@pytest.mark.parametrize("headers", [{}, KEY], ids=["no key", "a key"])
@pytest.mark.parametrize("fault", ["500", "drop", "hang", "wrong_quote", "huge", "garbage"])
def test_it_stores_no_response_of_a_failing_carrier(
    world: World, peer: CarrierPeer, settings: Settings, fault: str, headers: dict[str, str]
) -> None:
    item = make_item(world.northwind.live).public_id
    settings.CARRIER_TIMEOUT = 0.3 if fault == "hang" else 20.0
    peer.fault(fault)
    assert heard(quote(world, item, **headers)) == FAILED
    assert not ShippingQuote.objects.exists()
    assert not IdempotencyKey.objects.exists()
    peer.fault(None)
    settings.CARRIER_TIMEOUT = 20.0
    assert quote(world, item, **headers).status_code == 200


def test_it_takes_one_statement_for_an_idempotency_key(world: World, peer: CarrierPeer) -> None:
    item = make_item(world.northwind.live).public_id
    first, again = (quote(world, item, **KEY) for _ in range(2))
    assert (first.status_code, again.content, again["Idempotency-Replayed"]) == (
        200,
        first.content,
        "true",
    )
    assert len(peer.asked) == ShippingQuote.objects.count() == 1
    assert heard(post(world, "/ship/quote", {}, **KEY))[0] == 422


def test_it_stores_a_refusal_and_calls_no_peer(world: World, peer: CarrierPeer) -> None:
    first, again = (quote(world, "nothing", **KEY) for _ in range(2))
    assert heard(first) == (400, {"error": "Item not found"})
    assert (again.content, again["Idempotency-Replayed"]) == (first.content, "true")
    assert peer.asked == []


def test_a_second_request_must_wait(
    world: World, peer: CarrierPeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same key is used again during the carrier's call."""
    item, real, second = make_item(world.northwind.live).public_id, carrier.rates, []

    def slow(**asked: Any) -> Any:
        second.append(heard(quote(world, item, **KEY)))
        return real(**asked)

    monkeypatch.setattr(carrier, "rates", slow)
    assert quote(world, item, **KEY).status_code == 200
    assert second == [(409, {"error": "A request with this Idempotency-Key is in progress"})]
    assert ShippingQuote.objects.count() == 1


def test_it_lets_the_same_key_retry_after_a_fault(
    world: World, peer: CarrierPeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = make_item(world.northwind.live).public_id
    with monkeypatch.context() as broken:
        broken.setattr(carrier, "rates", lambda **_: 1 / 0)
        assert heard(quote(world, item, **KEY)) == FAILED
    assert quote(world, item, **KEY).status_code == 200


def test_it_leaves_a_thread_for_sales_however_slow_the_carrier_is(
    world: World, peer: CarrierPeer
) -> None:
    with ExitStack() as waiting:
        for _ in range(outbound.PLACES):
            waiting.enter_context(outbound.one_of_few())
        assert heard(quote(world)) == FAILED
        assert peer.asked == []
    assert quote(world).status_code == 200


def test_it_sends_the_carrier_the_country_in_capitals(world: World, peer: CarrierPeer) -> None:
    item = make_item(world.northwind.live).public_id
    sent = {"item_ids": [item], "destination": ADDRESS | {"country": " us "}}
    assert post(world, "/ship/quote", sent).status_code == 200
    assert peer.asked[0]["destination"]["country"] == "US"


def test_it_stops_calling_a_carrier_that_does_not_respond(world: World, peer: CarrierPeer) -> None:
    item = make_item(world.northwind.live).public_id
    peer.fault("drop")
    assert [heard(quote(world, item)) for _ in range(MAX_FAILURES + 1)] == [FAILED] * (
        MAX_FAILURES + 1
    )
    assert len(peer.asked) == MAX_FAILURES


def test_it_keeps_calling_a_carrier_with_invalid_responses(world: World, peer: CarrierPeer) -> None:
    """One address that it refuses must not block others."""
    item = make_item(world.northwind.live).public_id
    peer.fault("500")
    assert [heard(quote(world, item)) for _ in range(MAX_FAILURES + 1)] == [FAILED] * (
        MAX_FAILURES + 1
    )
    peer.fault(None)
    assert quote(world, item).status_code == 200
