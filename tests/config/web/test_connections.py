"""The number of connections, and slow readers."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import pytest

from tests.config.web.conftest import DRIP, Web, is_closed, read
from tests.processes import until
from tests.world import World

pytestmark = pytest.mark.slow
MOST = 20


@pytest.fixture
def further() -> dict[str, Any]:
    return {"MAX_CONNECTIONS": MOST, "ROOT_URLCONF": "tests.config.web.views"}


def test_an_idle_connection_makes_room_for_a_new_one(web: Web) -> None:
    with ExitStack() as held:
        idle = []
        for _ in range(MOST):
            one = held.enter_context(web.connect())
            idle.append(one)
            one.sendall(b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            assert read(one).status == 200
        assert [web.get("/healthz").status for _ in range(3)] == [200] * 3
        closed = [is_closed(one, within=0.2) for one in idle]
        assert 1 <= closed.count(True) <= 3  # one for each of the three new ones
        assert (
            closed.index(True) < MOST // 2
        )  # one of the longest idle; times are in whole milliseconds


def test_a_half_sent_request_makes_room_for_a_new_one(web: Web) -> None:
    with ExitStack() as held:
        for _ in range(2 * MOST):
            held.enter_context(web.connect()).sendall(DRIP)
        assert [web.get("/healthz").status for _ in range(3)] == [200] * 3
        assert len(web.process.net_connections("tcp")) <= MOST + 2  # including listening sockets


def test_a_client_that_does_not_read_is_cut_off(web: Web, world: World) -> None:
    """It requests one page after another without reading, so the buffers fill."""
    request = b"GET /api/schema HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    with web.connect() as deaf:
        deaf.settimeout(30)
        deaf.sendall(request * 200)
        assert web.get("/healthz").status == 200
        until(lambda: not web.connections(), seconds=20)
    assert web.get("/healthz").status == 200


def test_slow_readers_make_room_for_a_new_one(web: Web) -> None:
    with ExitStack() as held:
        slow = [held.enter_context(web.connect()) for _ in range(MOST)]
        for one in slow:
            one.sendall(b"GET /test/large HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            assert one.recv(1)
        assert [web.get("/healthz").status for _ in range(3)] == [200] * 3
