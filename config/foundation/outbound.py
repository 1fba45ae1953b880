"""Calls to the outside world: HTTP, pooled, with one deadline over the whole of a call.

A timeout for each phase is not enough: a peer that sends a byte a second never trips it. Here every
look-up, connect, handshake, read and write gets only what is left of the call's seconds. Of an
answer at most `MAX_BODY` bytes are read. Redirects are not followed, content is not decompressed,
proxies of the environment are not used, TLS is verified.

This is httpcore2, the transport below httpx2: what httpx2 adds (redirects, decoding, cookies,
proxies) is what a client of money must not do. A client may be shared by threads; after a fork the
child starts with a pool of its own.
"""

from __future__ import annotations

import json
import os
import socket
import ssl
import time
import weakref
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from ipaddress import ip_address
from queue import Empty, SimpleQueue
from threading import BoundedSemaphore, Thread
from typing import Any
from urllib.parse import urlsplit

import httpcore2
from django.conf import settings
from django.db import connections

from config.foundation import shared_connections

MAX_BODY = 64 * 1024  # bytes
MAX_CONNECTIONS = settings.OUTBOUND_CONNECTIONS  # of a process to one peer
IDLE = 15.0  # seconds an unused connection is kept
# Threads of a process that may wait for peers only to look something up: half of the lane whose
# requests wait for peers (config/web/routing.py). Sellbacks have the other half.
PLACES = max(1, settings.WEB_PEER_THREADS // 2)
AT_ONCE = BoundedSemaphore(PLACES)

# When the call of this thread must be over, by `time.monotonic()`.
_deadline: ContextVar[float] = ContextVar("deadline")


@contextmanager
def one_of_few() -> Iterator[bool]:
    """Whether this thread is one of the few that may wait for a peer meanwhile. Nobody waits for a
    place.
    """
    taken = AT_ONCE.acquire(blocking=False)
    try:
        yield taken
    finally:
        if taken:
            AT_ONCE.release()


class Fault(StrEnum):
    """Why a call brought no answer. After any of them the peer may have acted on the request or
    not.
    """

    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"  # no connection, no trusted one, or lost before an answer began
    MALFORMED = "malformed"  # not HTTP, not whole, or too large


class CallFailed(Exception):
    """No answer that can be read. `fault` says why; the message is for logs."""

    def __init__(self, fault: Fault, message: str = "") -> None:
        super().__init__(f"{fault}: {message}" if message else str(fault))
        self.fault = fault


class InsideTransaction(RuntimeError):
    """The caller holds a database transaction open while it would wait for the network: a
    defect.
    """


@dataclass(frozen=True, slots=True)
class Answer:
    """What a peer answered. `headers` have lower-case names."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> dict[str, Any]:
        """The body as one JSON object, its numbers as Decimal. Raises CallFailed (malformed)."""
        try:
            found = json.loads(
                self.body.decode("utf-8"),
                object_pairs_hook=_object,
                parse_float=Decimal,
                parse_int=Decimal,
                parse_constant=_refuse,
            )
        except (ValueError, ArithmeticError, RecursionError) as error:
            raise CallFailed(Fault.MALFORMED, "no JSON") from error
        if not isinstance(found, dict):
            raise CallFailed(Fault.MALFORMED, "no JSON object")
        return found


class Client:
    """The calls to one peer at `base_url` (http or https; a path in it goes before every path
    called).
    """

    def __init__(self, base_url: str) -> None:
        self._base = urlsplit(base_url.rstrip("/"))
        self._host = (self._base.hostname or "").encode("idna")
        self._tls = ssl.create_default_context() if self._base.scheme == "https" else None
        self._open()
        _clients.add(self)

    def call(
        self,
        method: str,
        path: str,
        *,
        seconds: float,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Answer:
        """One request, one answer, in `seconds` in all; any status is an answer. `path` is
        percent-encoded.

        Raises CallFailed. Raises InsideTransaction before anything is sent.
        """
        _refuse_open_transaction()
        shared_connections.give_back()
        token = _deadline.set(time.monotonic() + seconds)
        try:
            return self._exchange(
                method, path, {"Accept-Encoding": "identity", **(headers or {})}, body
            )
        except httpcore2.TimeoutException as error:
            raise CallFailed(Fault.TIMEOUT, str(error)) from error
        except (httpcore2.NetworkError, httpcore2.ProxyError) as error:
            raise CallFailed(Fault.UNREACHABLE, str(error)) from error
        except httpcore2.ProtocolError as error:
            raise CallFailed(Fault.MALFORMED, str(error)) from error
        finally:
            _deadline.reset(token)

    def target(self, path: str) -> str:
        """`path` as it stands in the request line."""
        return self._base.path + path

    def close(self) -> None:
        """Close the connections that are not in use. The client may be called again."""
        self._connections.close()

    def _exchange(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None
    ) -> Answer:
        url = self._url(self.target(path))
        sent = list(headers.items())
        with (
            self._connections.one() as connection,
            connection.stream(method, url, headers=sent, content=body) as response,
        ):
            names = {
                name.decode("latin-1").lower(): value.decode("latin-1")
                for name, value in response.headers
            }
            if names.get("content-encoding", "identity").lower() != "identity":
                raise CallFailed(Fault.MALFORMED, "a content encoding nobody asked for")
            return Answer(response.status, names, _capped(response.iter_stream()))

    def _url(self, target: str) -> httpcore2.URL:
        return httpcore2.URL(
            scheme=self._base.scheme.encode(),
            host=self._host,
            port=self._base.port,
            target=target.encode("ascii"),
        )

    def _open(self) -> None:
        self._connections = _Connections(self._url("/").origin, self._tls)
        self._closing = weakref.finalize(self, self._connections.close)
        self._closing.atexit = False

    def open_after_fork(self) -> None:
        """The parent's sockets and locks are not ours: kept aside, neither used nor closed."""
        self._closing.detach()
        _left_behind.append(self._connections)
        self._open()


_clients: weakref.WeakSet[Client] = weakref.WeakSet()
_left_behind: list[_Connections] = []


def _after_fork() -> None:
    for client in _clients:
        client.open_after_fork()


os.register_at_fork(after_in_child=_after_fork)


class _Connections:
    """The connections to one peer, each for one call at a time.

    The one that was used last is used next, and the others expire. httpcore2's own pool looks at
    every connection twice for each call, which at 64 of them doubles what a call costs.
    """

    def __init__(self, origin: httpcore2.Origin, tls: ssl.SSLContext | None) -> None:
        self._origin, self._tls = origin, tls
        self._places = BoundedSemaphore(MAX_CONNECTIONS)
        self._idle: deque[httpcore2.HTTPConnection] = deque()

    @contextmanager
    def one(self) -> Iterator[httpcore2.HTTPConnection]:
        """A connection for one call. Raises PoolTimeout when none is free in the call's time."""
        if not self._places.acquire(timeout=_left()):
            raise httpcore2.PoolTimeout("every connection is in use")
        try:
            connection = self._last_used() or self._new()
            try:
                yield connection
            finally:
                if connection.is_available():
                    self._idle.append(connection)
                else:
                    connection.close()
                self._close_expired()
        finally:
            self._places.release()

    def _last_used(self) -> httpcore2.HTTPConnection | None:
        while True:
            try:
                connection = self._idle.pop()
            except IndexError:
                return None
            if not connection.has_expired():
                return connection
            connection.close()

    def _new(self) -> httpcore2.HTTPConnection:
        return httpcore2.HTTPConnection(
            origin=self._origin,
            ssl_context=self._tls,
            keepalive_expiry=IDLE,
            network_backend=_Backend(),
        )

    def _close_expired(self) -> None:
        """Close those that have not been used for long, the oldest first."""
        while True:
            try:
                oldest = self._idle.popleft()
            except IndexError:
                return
            if not oldest.has_expired():
                self._idle.appendleft(oldest)
                return
            oldest.close()

    def close(self) -> None:
        """Close the idle ones."""
        while self._idle:
            self._idle.pop().close()


class _Stream(httpcore2.NetworkStream):
    """A connection whose every wait ends with the call. The timeouts it is given are not used."""

    def __init__(self, inner: httpcore2.NetworkStream) -> None:
        self._inner = inner
        self._answering = False

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        found = self._inner.read(max_bytes, _left())
        if not found and not self._answering:
            raise httpcore2.ReadError("closed without an answer")
        self._answering = True
        return found

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._answering = False
        self._inner.write(buffer, _left())

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore2.NetworkStream:
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, _left()))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _Backend(httpcore2.NetworkBackend):
    """Connects within what is left of the call, however many addresses a name has."""

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        addresses = _look_up(host, port)
        for place, address in enumerate(addresses, start=1):
            # An address that never answers must leave time for the next one.
            share = _left() / (len(addresses) - place + 1)
            try:
                stream = httpcore2.SyncBackend().connect_tcp(
                    address, port, share, local_address, socket_options
                )
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
                if place == len(addresses):
                    raise
            else:
                return _Stream(stream)
        raise httpcore2.ConnectError(f"{host} has no address")


def _look_up(host: str, port: int) -> list[str]:
    """The addresses of `host`. The system's resolver knows no deadline, so it runs beside us."""
    try:
        return [str(ip_address(host))]
    except ValueError:
        pass
    box: SimpleQueue[list[str] | Exception] = SimpleQueue()

    def ask() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            box.put([str(entry[4][0]) for entry in found])
        except (OSError, UnicodeError) as error:
            box.put(error)

    Thread(target=ask, name="look-up", daemon=True).start()
    try:
        answer = box.get(timeout=_left())
    except Empty:
        raise httpcore2.ConnectTimeout(f"{host} was not resolved in time") from None
    if isinstance(answer, Exception):
        raise httpcore2.ConnectError(str(answer)) from answer
    return answer


def _left() -> float:
    """Seconds left of this thread's call."""
    left = _deadline.get() - time.monotonic()
    if left <= 0:
        raise httpcore2.ReadTimeout("the call's time is over")
    return left


def _capped(parts: Iterable[bytes]) -> bytes:
    body = bytearray()
    for part in parts:
        body += part
        if len(body) > MAX_BODY:
            raise CallFailed(Fault.MALFORMED, f"more than {MAX_BODY} bytes")
    return bytes(body)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key twice")
    return found


def _refuse(constant: str) -> Any:
    raise ValueError(constant)


def _refuse_open_transaction() -> None:
    """A slow peer must never hold a row's lock. The transaction a test case wraps itself in does
    not count.
    """
    for connection in connections.all(initialized_only=True):
        if any(not getattr(block, "_from_testcase", False) for block in connection.atomic_blocks):
            raise InsideTransaction("a call to the outside world inside a database transaction")
