"""Lanes: kinds of work do not wait for each other, and callers take turns."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable

import pytest
from django.conf import settings as configured
from pytest_django.fixtures import Settings

from config.web.lanes import Lane, Overloaded, Plan
from config.web.routing import lane_of, plans
from tests.threads import in_a_loop

Scene = Callable[[Lane], Awaitable[None]]


def play(
    scene: Scene, *, threads: int = 1, share: int = 0, queue: int = 100, wait: float = 30
) -> None:
    """Run the scene on a lane in a new event loop."""

    async def run() -> None:
        await scene(Lane(Plan("test", threads, share), longest_queue=queue, longest_wait=wait))

    in_a_loop(run())


def test_it_returns_results_and_raises_errors() -> None:
    async def scene(lane: Lane) -> None:
        assert await lane.run("a", lambda: 41 + 1) == 42
        with pytest.raises(ZeroDivisionError):
            await lane.run("a", lambda: 1 // 0)
        assert (lane.busy, lane.queued) == (0, 0)

    play(scene)


def test_callers_take_turns() -> None:
    done: list[str] = []

    async def scene(lane: Lane) -> None:
        gate = threading.Event()
        first = asyncio.ensure_future(lane.run("greedy", gate.wait))
        await asyncio.sleep(0)
        many = [
            asyncio.ensure_future(lane.run("greedy", lambda: done.append("greedy")))
            for _ in range(5)
        ]
        await asyncio.sleep(0)
        one = asyncio.ensure_future(lane.run("modest", lambda: done.append("modest")))
        await asyncio.sleep(0)
        gate.set()
        await asyncio.gather(first, *many, one)

    play(scene)
    assert done.index("modest") == 1


def test_one_caller_never_takes_more_than_its_share() -> None:
    async def scene(lane: Lane) -> None:
        gate = threading.Event()
        waiting = [asyncio.ensure_future(lane.run("a", gate.wait)) for _ in range(4)]
        await asyncio.sleep(0)
        assert lane.busy == 1
        assert await lane.run("b", lambda: "served") == "served"
        gate.set()
        await asyncio.gather(*waiting)
        assert (lane.busy, lane.queued) == (0, 0)

    play(scene, threads=2, share=1)


def test_a_full_queue_refuses_the_caller_with_the_most() -> None:
    async def scene(lane: Lane) -> None:
        gate, ran = threading.Event(), []
        running = asyncio.ensure_future(lane.run("a", gate.wait))
        await asyncio.sleep(0)
        older, newer = (asyncio.ensure_future(lane.run("a", gate.wait)) for _ in range(2))
        await asyncio.sleep(0)
        with pytest.raises(Overloaded):
            await lane.run("a", lambda: ran.append("a"))
        other = asyncio.ensure_future(lane.run("b", lambda: ran.append("b")))
        with pytest.raises(Overloaded):
            await newer
        with pytest.raises(Overloaded):
            await lane.run("c", lambda: ran.append("c"))
        gate.set()
        await asyncio.gather(running, older, other)
        assert (ran, lane.queued) == (["b"], 0)

    play(scene, queue=2)


def test_a_woken_request_is_never_refused() -> None:
    async def scene(lane: Lane) -> None:
        gate = threading.Event()
        waiting = [asyncio.ensure_future(lane.run("a", gate.wait, again=True)) for _ in range(4)]
        await asyncio.sleep(0)
        with pytest.raises(Overloaded):
            await lane.run("b", gate.wait)
        gate.set()
        await asyncio.gather(*waiting)

    play(scene, queue=2)


def test_what_is_cancelled_leaves_the_queue_and_never_runs() -> None:
    async def scene(lane: Lane) -> None:
        gate, ran = threading.Event(), []
        first = asyncio.ensure_future(lane.run("a", gate.wait))
        await asyncio.sleep(0)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(lane.run("a", lambda: ran.append("late")), 0.05)
        assert lane.queued == 0
        gate.set()
        await first
        assert (ran, lane.busy) == ([], 0)

    play(scene)


def test_what_waits_too_long_is_refused_and_never_runs() -> None:
    async def scene(lane: Lane) -> None:
        gate, ran = threading.Event(), []
        first = asyncio.ensure_future(lane.run("a", gate.wait))
        await asyncio.sleep(0)
        with pytest.raises(Overloaded):
            await lane.run("b", lambda: ran.append("b"))
        gate.set()
        await first
        assert await lane.run("b", lambda: "later") == "later"
        assert (ran, lane.queued) == ([], 0)

    play(scene, wait=0.05)


def test_a_client_that_gives_up_leaves_the_lane_in_order() -> None:
    async def scene(lane: Lane) -> None:
        gate = threading.Event()
        first = asyncio.ensure_future(lane.run("a", gate.wait))
        await asyncio.sleep(0)
        first.cancel()
        gate.set()
        assert await lane.run("b", lambda: "served") == "served"
        assert lane.busy == 0

    play(scene)


def test_a_thread_is_prepared_once() -> None:
    prepared: list[str] = []

    async def run() -> None:
        plan = Plan("test", 2, prepare=lambda: prepared.append(threading.current_thread().name))
        lane = Lane(plan, longest_queue=10, longest_wait=10)
        await asyncio.gather(*(lane.run("a", lambda: time.sleep(0.01)) for _ in range(6)))

    in_a_loop(run())
    assert sorted(prepared) == ["test-0", "test-1"]


INTERNAL = {
    ("POST", "/api/v1/vm/buyback"): "sell",
    ("POST", "/api/v1/vm/buy/init"): "sell",
    ("GET", "/api/v1/inventory/ada"): "read",
    ("GET", "/api/v1/vm/buyback/x"): "read",
    ("POST", "/_/api/v1/vm/buyback"): "sandbox_write",
    ("GET", "/_/api/v1/inventory/ada"): "sandbox_read",
    ("POST", "/login/"): "passwords",
    ("GET", "/login/"): "pages",
    ("POST", "/account/password/"): "passwords",
    ("POST", "/account/invitation/secret/"): "passwords",
    ("POST", "/admin/partners/user/5/password/"): "passwords",
    ("GET", "/admin/"): "admin",
    ("GET", "/dashboard/live/items/5/"): "pages",
    ("GET", "/static/app.css"): "pages",
    ("GET", "/readyz"): "health",
}
ASKING: dict[tuple[str, str], str] = {
    ("POST", "/api/v1/vm/buyback"): "peers",
    ("POST", "/api/v1/vm/buyback/batch"): "peers",
    ("POST", "/api/v1/vm/buyback/quote"): "peers",
    ("GET", "/api/v1/vm/buyback/x"): "peers",
    ("POST", "/api/v1/ship/quote"): "peers",
    ("POST", "/_/api/v1/vm/buyback"): "sandbox_write",
    ("GET", "/api/v1/inventory/ada"): "read",
    ("POST", "/dashboard/live/items/5/sell/"): "peers",
    ("GET", "/dashboard/live/items/5/sell/"): "peers",
    ("GET", "/dashboard/sandbox/items/5/sell/"): "pages",
    ("GET", "/dashboard/live/payouts/"): "pages",
}


@pytest.mark.parametrize(("call", "lane"), INTERNAL.items())
def test_each_call_has_its_lane(call: tuple[str, str], lane: str) -> None:
    assert lane_of(*call) == lane


@pytest.mark.parametrize(("call", "lane"), ASKING.items())
def test_what_may_wait_for_a_peer_has_a_lane_of_its_own(
    call: tuple[str, str], lane: str, settings: Settings
) -> None:
    settings.TREASURY_URL = settings.CARRIER_URL = "http://127.0.0.1:1"
    assert lane_of(*call) == lane


def test_passwords_are_hashed_by_all_threads_but_one(settings: Settings) -> None:
    for threads in (1, 2, 8):
        settings.WEB_THREADS = threads
        assert {plan.name: plan.threads for plan in plans()}["passwords"] == max(1, threads - 1)


def test_two_processes_need_forty_connections_to_the_database_at_most() -> None:
    """One for each thread that does not share, one for the request log, and the shared ones."""
    own = sum(plan.threads for plan in plans() if plan.name != "peers")
    assert 2 * (own + 1 + configured.WEB_PEER_CONNECTIONS) <= 40
