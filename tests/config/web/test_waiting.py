"""A thousand waiting requests use neither threads nor database connections."""

from __future__ import annotations

import resource
from contextlib import ExitStack
from typing import Any

import pytest
from django.db import connection

from tests.config.web.conftest import Web, is_closed, read
from tests.world import World

pytestmark = pytest.mark.slow
MANY = 1000


@pytest.fixture
def further() -> dict[str, Any]:
    return {"ROOT_URLCONF": "tests.config.web.views", "REQUEST_TIMEOUT": 60}


def poll(seconds: float) -> bytes:
    return f"GET /test/poll?seconds={seconds} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()


def test_a_request_waits_and_is_answered(web: Web) -> None:
    heard = web.send(poll(0.2))
    assert heard.status == 200
    assert 0.2 <= heard.json["waited"] < 5


def test_a_thousand_waiting_requests_block_no_other(web: Web, world: World) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 4096)), hard))
    assert web.get("/healthz").status == 200
    threads, held_before = web.process.num_threads(), backends()
    with ExitStack() as held:
        waiting = [held.enter_context(web.connect(60)) for _ in range(MANY)]
        for one in waiting:
            one.sendall(poll(600))
        key = world.northwind.live_key
        for _ in range(5):
            assert web.get("/api/v1/vm/available", X_API_Key=key).status == 200
            assert web.get("/login/").status == 200
        # The lane of reads has opened its connections meanwhile; the waiting requests none.
        assert backends() - held_before <= 4
        assert web.process.num_threads() <= threads + 1  # the request log's thread
        assert web.get("/test/alarm").status == 200
        heard = [read(one) for one in waiting]
        assert {one.status for one in heard} == {200}
        assert all(0 < one.json["waited"] < 600 for one in heard)


def test_a_client_that_hangs_up_stops_waiting(web: Web) -> None:
    with web.connect() as one:
        one.sendall(poll(60))
        assert not is_closed(one, within=0.5)
    assert web.get("/healthz").status == 200
    assert web.stop() == -15  # nothing left to wait for


def backends() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
        return int(cursor.fetchone()[0])
