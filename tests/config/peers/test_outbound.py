"""The rules of every call to a peer."""

from __future__ import annotations

import os
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.db import connection

from config.foundation import shared_connections
from config.peers import outbound
from config.peers.outbound import CallFailed, Client, Fault
from tests.peers.oracle import OraclePeer
from tests.peers.server import Request
from tests.processes import until
from tests.threads import sharing_threads

ROOT = Path(__file__).resolve().parents[3]
PATH = "/v1/prices/x"


@pytest.fixture
def peer() -> Iterator[OraclePeer]:
    with OraclePeer(any_price="1.00") as server:
        yield server


@pytest.fixture
def client(peer: OraclePeer) -> Iterator[Client]:
    made = Client(peer.url)
    yield made
    made.close()


def test_it_uses_a_connection_again(client: Client, peer: OraclePeer) -> None:
    assert [client.call("GET", PATH, seconds=20).status for _ in range(5)] == [200] * 5
    assert peer.connections == 1


def test_it_reconnects_after_a_broken_call(client: Client, peer: OraclePeer) -> None:
    peer.fault("hang", times=1)
    with pytest.raises(CallFailed, match="timeout"):
        client.call("GET", PATH, seconds=0.2)
    assert client.call("GET", PATH, seconds=20).status == 200
    assert peer.connections == 2


def test_it_does_not_wait_for_a_free_connection_for_ever(
    client: Client, peer: OraclePeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbound, "MAX_CONNECTIONS", 1)
    one_at_a_time = Client(peer.url)
    peer.fault("hang", times=1)
    with ThreadPoolExecutor(1) as beside:
        holding = beside.submit(one_at_a_time.call, "GET", PATH, seconds=20)
        while not peer.seen:
            time.sleep(0.001)
        started = time.monotonic()
        with pytest.raises(CallFailed, match="timeout"):
            one_at_a_time.call("GET", PATH, seconds=0.2)
        assert time.monotonic() - started < 15  # and not the other call's 20
        peer.stop()
        assert isinstance(holding.exception(), CallFailed)
    assert len(peer.seen) == 1
    one_at_a_time.close()


def together(client: Client, peer: OraclePeer, number: int) -> None:
    """This many calls, none of which gets a response before all have arrived."""
    line, respond = threading.Barrier(number), peer.respond

    def answer(request: Request) -> None:
        line.wait(timeout=20)
        respond(request)

    with pytest.MonkeyPatch.context() as patched, ThreadPoolExecutor(number) as threads:
        patched.setattr(peer, "respond", answer)
        calls = [threads.submit(client.call, "GET", PATH, seconds=20) for _ in range(number)]
        assert [call.result().status for call in calls] == [200] * number


def test_it_has_a_connection_for_each_call_that_waits(client: Client, peer: OraclePeer) -> None:
    """It reuses them."""
    for _ in range(3):
        together(client, peer, 64)
    assert peer.connections == 64


def test_it_closes_connections_that_are_not_needed(
    client: Client, peer: OraclePeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The most recently used one is reused; the others expire and the next call closes them."""
    together(client, peer, 8)
    idle = client._connections._idle
    *others, last = idle
    for one in others:
        monkeypatch.setattr(one, "has_expired", lambda: True)
    assert client.call("GET", PATH, seconds=20).status == 200
    assert peer.connections == 8
    assert list(idle) == [last]
    assert all(one.is_closed() for one in others)


def test_it_uses_no_connection_that_the_peer_has_closed(client: Client, peer: OraclePeer) -> None:
    together(client, peer, 4)
    with peer.lock:
        for one in peer._open:
            one.shutdown(socket.SHUT_RDWR)
    until(lambda: all(one.has_expired() for one in client._connections._idle), seconds=20)
    assert client.call("GET", PATH, seconds=20).status == 200
    assert peer.connections == 5


def test_it_reads_no_more_than_the_cap(client: Client) -> None:
    assert outbound._capped([b"x" * outbound.MAX_BODY]) == b"x" * outbound.MAX_BODY
    with pytest.raises(CallFailed) as failed:
        outbound._capped([b"x" * outbound.MAX_BODY, b"x"])
    assert failed.value.fault is Fault.MALFORMED


def test_it_uses_no_proxy_of_the_environment(
    client: Client, peer: OraclePeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert Client(peer.url).call("GET", PATH, seconds=20).status == 200


def test_it_verifies_certificates_and_names() -> None:
    context = Client("https://oracle.invalid")._tls
    assert context is not None
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)


def test_it_puts_the_path_of_the_base_before_every_path(peer: OraclePeer) -> None:
    client = Client(f"{peer.url}/v1/")
    assert client.call("GET", "/prices/x", seconds=20).status == 200
    assert peer.seen == ["GET /v1/prices/x"]
    client.close()


def test_it_finds_a_server_by_name(peer: OraclePeer) -> None:
    client = Client(peer.url.replace("127.0.0.1", "localhost"))
    assert client.call("GET", PATH, seconds=20).status == 200
    client.close()


def test_it_says_unreachable_for_an_unknown_host() -> None:
    with pytest.raises(CallFailed) as failed:
        Client("http://no-such-host.invalid").call("GET", PATH, seconds=20)
    assert failed.value.fault is Fault.UNREACHABLE


def test_it_does_not_wait_for_a_resolver_beyond_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    answered = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answered.wait(30) and [])
    with pytest.raises(CallFailed) as failed:
        Client("http://slow.invalid").call("GET", PATH, seconds=0.1)
    answered.set()
    assert failed.value.fault is Fault.TIMEOUT


def test_it_leaves_time_for_the_next_address_of_a_name(
    peer: OraclePeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbound, "_look_up", lambda *_: ["127.0.0.2", "127.0.0.1"])
    client = Client(peer.url)
    assert client.call("GET", PATH, seconds=20).status == 200
    client.close()


@pytest.mark.django_db(transaction=True)
def test_it_holds_no_shared_connection_while_it_waits(
    client: Client, peer: OraclePeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For every peer: the database connection is returned before the call."""
    available: list[int] = []
    respond = peer.respond

    def look() -> None:
        pool = shared_connections.pool_of("default")
        assert pool is not None
        available.append(pool.get_stats()["pool_available"])

    def answer(request: Request) -> None:
        look()
        respond(request)

    def work() -> int:
        connection.ensure_connection()
        look()
        status = client.call("GET", PATH, seconds=20).status
        connection.ensure_connection()
        look()
        return status

    monkeypatch.setattr(peer, "respond", answer)
    with sharing_threads(1) as threads:
        assert threads(work).result() == 200
    assert available == [0, 1, 0]


FORK = """
import os, sys
from config.peers.outbound import Client
client = Client(sys.argv[1])
call = lambda: client.call("GET", "/v1/prices/x", seconds=20).status
first = call()
child = os.fork()
second = call()
if child == 0:
    os._exit(0 if second == 200 else 1)
print(first, second, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), call())
client.close()
"""


def test_it_opens_connections_of_its_own_after_a_fork(peer: OraclePeer) -> None:
    surroundings = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "PYTHONPATH": str(ROOT),
    }
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", FORK, peer.url],
        env=surroundings,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("200 200 0 200\n", "")
    assert peer.connections == 2
