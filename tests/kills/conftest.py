"""A server with real peers. If a test killed it, the next test restarts it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from django.conf import settings as settings_of_tests
from pytest_django.fixtures import Settings

from buyback.live import breakers
from config.peers.breaker import Breaker
from config.postgres import embedded
from tests.kills.server import Server
from tests.peers.oracle import OraclePeer
from tests.peers.tcp_proxy import TcpProxy
from tests.peers.treasury import TreasuryPeer

KEY = "the treasury's key in these tests alone"


@dataclass(frozen=True)
class Outside:
    """The peers. The treasury is reached through ``wire``, which can hold a request."""

    oracle: OraclePeer
    treasury: TreasuryPeer
    wire: TcpProxy

    @property
    def settings(self) -> dict[str, str]:
        """The server's settings for them."""
        treasury = f"http://127.0.0.1:{self.wire.port}"
        return {"ORACLE_URL": self.oracle.url, "TREASURY_URL": treasury, "TREASURY_KEY": KEY}

    def behave(self) -> None:
        """Reset them."""
        for peer in (self.oracle, self.treasury):
            peer.fault(None)
            peer.seen.clear()
        self.treasury.payments.clear()
        self.wire.behave()


@pytest.fixture(scope="module")
def _outside() -> Iterator[Outside]:
    with OraclePeer(any_price="82.50") as oracle, TreasuryPeer(key=KEY) as treasury:
        address = treasury.server_address
        with TcpProxy((str(address[0]), int(address[1]))) as wire:
            yield Outside(oracle, treasury, wire)


@pytest.fixture
def peers(_outside: Outside, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Outside:
    """Both without faults; this process calls them directly, not through the wire."""
    _outside.behave()
    for name, value in _outside.settings.items():
        setattr(settings, name, value)
    for name in ("ORACLE", "TREASURY", "QUESTIONS"):
        monkeypatch.setattr(breakers, name, Breaker())
    return _outside


@pytest.fixture(scope="module")
def _server(_outside: Outside, django_db_setup: None) -> Iterator[Server]:
    server = Server(**_outside.settings)
    yield server
    server.kill()


@pytest.fixture
def server(_server: Server, transactional_db: None, peers: Outside) -> Server:
    """Sells back step by step in live and instantly in the sandbox."""
    _server.start()
    return _server


@pytest.fixture(scope="module")
def _database_wire(django_db_setup: None) -> Iterator[TcpProxy]:
    folder = embedded.join(settings_of_tests.DATA_DIR, fast=True)
    with TcpProxy(f"{folder}/{embedded.SOCKET_NAME}") as wire:
        yield wire


@pytest.fixture(scope="module")
def _far_server(_outside: Outside, _database_wire: TcpProxy) -> Iterator[Server]:
    address = {
        "HOST": "127.0.0.1",
        "PORT": str(_database_wire.port),
        "OPTIONS": {"sslmode": "disable"},
    }
    server = Server(DATABASE=address, **_outside.settings)
    yield server
    server.kill()


@dataclass(frozen=True)
class Far:
    """A server like ``server``, with ``wire`` between it and its database."""

    server: Server
    wire: TcpProxy
    peers: Outside


@pytest.fixture
def far(
    _far_server: Server, _database_wire: TcpProxy, transactional_db: None, peers: Outside
) -> Iterator[Far]:
    """Its wire forwards everything before and after the test."""
    _database_wire.behave()
    _far_server.start()
    yield Far(_far_server, _database_wire, peers)
    _database_wire.behave()
