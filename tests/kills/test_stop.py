"""A stopping server completes its work: logged calls are written to the request log."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from partners.models import ApiCall
from tests.kills.server import Server
from tests.world import World

pytestmark = pytest.mark.slow


@pytest.fixture
def server(transactional_db: None) -> Iterator[Server]:
    """A server for this test only."""
    server = Server()
    server.start()
    yield server
    server.kill()


def test_it_writes_waiting_calls_when_it_stops(server: Server, world: World) -> None:
    heard = server.call("GET", "/api/v1/vm/available", world.northwind.live_key)
    assert heard.status == 200
    assert server.stop() == 0
    assert list(ApiCall.objects.values_list("method", "path", "status")) == [
        ("GET", "/vm/available", 200)
    ]
