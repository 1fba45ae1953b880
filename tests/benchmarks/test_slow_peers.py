"""The benchmark's oracle and treasury implement our protocols and delay their responses."""

from __future__ import annotations

import socket
import threading
import time
from asyncio import new_event_loop
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from benchmarks.contestants import free_port
from benchmarks.peers.slow import Respond, Treasury, oracle, serve
from buyback.live import treasury as ours
from buyback.live.oracle import Oracle, PriceUnavailable

KEY, DELAY = "k" * 32, 0.05


@pytest.fixture
def served(request: pytest.FixtureRequest) -> Iterator[str]:
    """The peer that the test names, in a thread; yields its address."""
    respond: Respond = Treasury(KEY) if request.param == "treasury" else oracle
    port, loop = free_port(), new_event_loop()
    task = loop.create_task(serve(respond, port, DELAY))
    thread = threading.Thread(target=loop.run_until_complete, args=(_ended(task),))
    thread.start()
    _wait_for(port)
    yield f"http://127.0.0.1:{port}"
    loop.call_soon_threadsafe(task.cancel)
    thread.join()
    loop.close()


async def _ended(task: object) -> None:
    from asyncio import CancelledError

    try:
        await task  # type: ignore[misc]
    except CancelledError:
        return


def _wait_for(port: int) -> None:
    until = time.monotonic() + 10
    while time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.01)
    raise AssertionError("the peer did not start")


@pytest.mark.parametrize("served", ["oracle"], indirect=True)
def test_its_oracle_prices_the_items_of_the_world(served: str) -> None:
    client = Oracle(served)
    began = time.monotonic()
    found = client.fetch(item_id="bench000000003", last_fmv=Decimal(260), now=datetime.now(UTC))
    assert found.fmv == Decimal("259.55")  # (5 + 3 × 7919 % 50000 / 100) × 1.07
    assert time.monotonic() - began >= DELAY
    with pytest.raises(PriceUnavailable):
        client.fetch(item_id="nothing", last_fmv=Decimal(260), now=datetime.now(UTC))
    client.close()


@pytest.mark.parametrize("served", ["treasury"], indirect=True)
def test_its_treasury_pays_a_reference_once_and_signs(served: str) -> None:
    client = ours.Treasury(served, key=KEY)
    assert client.ask(reference="bb_1", amount=Decimal("1.00")) == ours.NotFound()
    for _ in range(2):
        assert client.pay(reference="bb_1", amount=Decimal("98.50"), recipient="ada") == ours.Paid()
    assert client.ask(reference="bb_1", amount=Decimal("98.50")) == ours.Paid()
    assert isinstance(
        client.pay(reference="bb_1", amount=Decimal("1.00"), recipient="ada"), ours.Mismatch
    )
    client.close()


@pytest.mark.parametrize("served", ["treasury"], indirect=True)
def test_its_treasury_refuses_other_keys(served: str) -> None:
    client = ours.Treasury(served, key="x" * 32)
    outcome = client.pay(reference="bb_2", amount=Decimal("1.00"), recipient="ada")
    assert outcome == ours.Unknown(ours.Why.BAD_STATUS)
    client.close()
