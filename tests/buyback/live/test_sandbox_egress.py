"""A sandbox never calls a peer, whatever is configured."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from buyback.bulk import run
from buyback.live import price_refresh
from buyback.live.reconciler import reconcile_all
from buyback.models import Payout
from config.foundation import clock
from partners.records.actor import SYSTEM
from tests.dashboard.steps import HTMX, post_sale, signed_in
from tests.shipments import ADDRESS
from tests.world import World, make_item


class Ear:
    """Listens on a socket, counts connections and sends nothing."""

    def __init__(self) -> None:
        self.heard = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        while True:
            try:
                caller, _ = self._socket.accept()
            except OSError:  # closed
                return
            self.heard += 1
            caller.close()

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(timeout=10)


@pytest.fixture
def ear(settings: Settings) -> Iterator[Ear]:
    """The configured address of oracle, treasury and carrier."""
    ear = Ear()
    settings.ORACLE_URL = settings.TREASURY_URL = settings.CARRIER_URL = ear.url
    settings.TREASURY_KEY = "the treasury's key in these tests alone"
    yield ear
    ear.close()


def call(world: World, mode: str, path: str, sent: Any = None, **headers: str) -> dict[str, Any]:
    base, key = (
        ("/api/v1", world.northwind.live_key)
        if mode == "live"
        else ("/_/api/v1", world.northwind.sandbox_key)
    )
    client = Client(headers={"X-API-Key": key} | headers)
    answer = (
        client.get(f"{base}{path}")
        if sent is None
        else client.post(f"{base}{path}", sent, content_type="application/json")
    )
    found: dict[str, Any] = json.loads(answer.content)
    return found


def test_it_sends_nothing_from_a_sandbox(transactional_db: None, world: World, ear: Ear) -> None:
    bought = call(
        world,
        "sandbox",
        "/vm/buy/init",
        {"id": world.pack.public_id, "amount": 5, "user_id": "ada"},
    )
    ids = [item["id"] for item in bought["nfts"]]
    assert call(world, "sandbox", "/vm/buyback", {"item_id": ids[0]})["success"]
    assert call(world, "sandbox", "/vm/buyback", {"item_id": ids[1]}, **{"Idempotency-Key": "k"})[
        "success"
    ]
    assert all(
        line["success"]
        for line in call(world, "sandbox", "/vm/buyback/batch", {"item_ids": ids[2:4]})["results"]
    )
    assert call(world, "sandbox", "/vm/buyback/quote", {"item_ids": ids})["quotes"][4]["eligible"]
    parcel, key = {"item_ids": ids[4:], "destination": ADDRESS}, {"Idempotency-Key": "q"}
    offer = call(world, "sandbox", "/ship/quote", parcel, **key)
    sent_home = call(world, "sandbox", "/ship/request", {"quote_id": offer["quotes"][0]["id"]})[
        "order_id"
    ]
    for status in ("processing", "cancelled"):
        assert (
            call(world, "sandbox", f"/sandbox/orders/{sent_home}/advance", {"status": status})[
                "status"
            ]
            == status
        )
    for scenario in ("transaction_failed", "active_session", "in_flight", "internal_error"):
        call(
            world, "sandbox", "/vm/buyback", {"item_id": ids[4]}, **{"X-Sandbox-Scenario": scenario}
        )
    for path in (
        f"/vm/buyback/{ids[0]}",
        f"/card/{ids[4]}",
        "/inventory/ada",
        "/buybacks",
        "/payouts",
        "/events",
    ):
        call(world, "sandbox", path)
    call(world, "sandbox", "/sandbox/clock", {"advance_seconds": 8 * 86_400})
    reconcile_all()
    call(world, "sandbox", "/sandbox/reset", {})
    assert ear.heard == 0


def test_it_sends_nothing_from_a_sandboxs_dashboard(
    transactional_db: None, world: World, ear: Ear
) -> None:
    sandbox, client = world.northwind.sandbox, signed_in(world.northwind.operator)
    one, *more = (make_item(sandbox, now=sandbox.database_now()) for _ in range(3))
    assert client.get(f"/dashboard/sandbox/items/{one.pk}/sell/", headers=HTMX).status_code == 200
    assert post_sale(client, one, headers=HTMX).status_code == 200
    sent = {"environment": sandbox.pk, "item": [item.pk for item in more]}
    assert len(client.post("/dashboard/sandbox/bulk/preview/", sent).context["sellable"]) == 2
    chosen = [(item.pk, item.buyback_price) for item in more]
    sale = run.start(environment=sandbox, token=uuid4(), chosen=chosen, by=SYSTEM, now=clock.now())
    for _ in more:
        run.sell_next(sale.pk)
    assert Payout.objects.filter(environment=sandbox, state="paid").count() == 3
    assert ear.heard == 0


def test_it_would_hear_live(transactional_db: None, world: World, ear: Ear) -> None:
    """The control: the listener notices a live sellback, a price refresh and a shipping quote."""
    item = make_item(world.northwind.live, now=world.northwind.live.database_now())
    assert call(world, "live", "/vm/buyback", {"item_id": item.public_id}) == {
        "error": "Transaction failed"
    }
    heard = ear.heard
    assert heard > 0
    price_refresh.refresh_prices()
    assert ear.heard > heard
    heard, sent_home = ear.heard, {"item_ids": [item.public_id], "destination": ADDRESS}
    assert call(world, "live", "/ship/quote", sent_home) == {
        "error": "Failed to fetch shipping quotes"
    }
    assert ear.heard > heard
