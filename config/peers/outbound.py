"""Calls to peers: HTTP, pooled, with one deadline for the whole call.

A timeout for each phase is not enough: a peer that sends one byte a second never exceeds it. Here
every look-up, connect, handshake, read and write gets only the time that is left of the call. At
most `MAX_BODY` bytes of a response are read, unless a call says otherwise. Redirects are not
followed, content is not decompressed, proxies of the environment are not used, TLS is verified.

It uses httpcore2, the transport below httpx2, because a client that moves money must not do what
httpx2 adds (redirects, decoding, cookies, proxies). Threads may share a client; after a fork the
child starts with a new pool.
"""

from __future__ import annotations

import json
import os
import socket
import ssl
import time
import weakref
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
from config.peers.signing import Signer

MAX_BODY = 64 * 1024  # bytes
MAX_CONNECTIONS = settings.OUTBOUND_CONNECTIONS  # of a process to one peer
IDLE = 15.0  # seconds that an unused connection is kept
# Threads of a process that may wait for peers for queries only: half of the lane for requests that
# wait for peers (config/web/routing.py). The other half is for sellbacks.
PLACES = max(1, settings.WEB_PEER_THREADS // 2)
AT_ONCE = BoundedSemaphore(PLACES)

# The deadline of this thread's call, by `time.monotonic()`.
_deadline: ContextVar[float] = ContextVar("deadline")


@contextmanager
def one_of_few() -> Iterator[bool]:
    """Whether this thread may wait for a peer for a query. Places are limited, without a queue."""
    taken = AT_ONCE.acquire(blocking=False)
    try:
        yield taken
    finally:
        if taken:
            AT_ONCE.release()


class Fault(StrEnum):
    """Why a call got no response. In every case, the peer may have acted on the request or not."""

    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"  # no connection, an untrusted one, or lost before the response
    MALFORMED = "malformed"  # not HTTP, incomplete or too large
    NOT_SIGNED = "not_signed"  # a key is configured, and the response is not signed with it


class CallFailed(Exception):
    """No readable response. `fault` says why; the message is for logs."""

    def __init__(self, fault: Fault, message: str = "") -> None:
        super().__init__(f"{fault}: {message}" if message else str(fault))
        self.fault = fault


class InsideTransaction(RuntimeError):
    """A call to a peer inside a database transaction. This is a defect."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A peer's response. `headers` have lower-case names."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> dict[str, Any]:
        """The body as a JSON object with numbers as Decimal. Raises CallFailed (malformed)."""
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
    """Calls to one peer at `base_url` (http or https; its path is put before every path called).

    With `keys`, requests are signed, and a response that is not signed is none (`signing.py`).
    """

    def __init__(self, base_url: str, keys: Sequence[str] = ()) -> None:
        self._signer = Signer(keys) if keys else None
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
        most: int = MAX_BODY,
    ) -> Answer:
        """One request and its response, as `_call`, signed and checked if there are keys."""
        if self._signer is None:
            return self._call(method, path, seconds=seconds, headers=headers, body=body, most=most)
        target = self.target(path)
        signed, nonce = self._signer.request(method, target, body or b"")
        sent = {**(headers or {}), **signed}
        answer = self._call(method, path, seconds=seconds, headers=sent, body=body, most=most)
        if not self._signer.is_answer(
            answer.headers.get("x-signature", ""),
            nonce=nonce,
            method=method,
            target=target,
            status=answer.status,
            body=answer.body,
        ):
            raise CallFailed(Fault.NOT_SIGNED)
        return answer

    def _call(
        self,
        method: str,
        path: str,
        *,
        seconds: float,
        headers: Mapping[str, str] | None,
        body: bytes | None,
        most: int,
    ) -> Answer:
        """One request and its response, in `seconds` in total. Any status is a response.

        `path` is percent-encoded; `most` limits the bytes of the response's body. Raises
        CallFailed, and InsideTransaction before anything is sent.
        """
        _refuse_open_transaction()
        shared_connections.give_back()
        token = _deadline.set(time.monotonic() + seconds)
        try:
            return self._exchange(
                method, path, {"Accept-Encoding": "identity", **(headers or {})}, body, most
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
        """`path` for the request line."""
        return self._base.path + path

    def close(self) -> None:
        """Close idle connections. The client can be used again."""
        self._connections.close()

    def _exchange(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None, most: int
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
                raise CallFailed(Fault.MALFORMED, "an unrequested content encoding")
            return Answer(response.status, names, _capped(response.iter_stream(), most))

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
        """The parent's sockets and locks are kept aside, neither used nor closed."""
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

    The most recently used connection is reused first, so the others expire. httpcore2's own pool
    checks every connection twice for each call, which with 64 of them doubles the cost of a call.
    """

    def __init__(self, origin: httpcore2.Origin, tls: ssl.SSLContext | None) -> None:
        self._origin, self._tls = origin, tls
        self._places = BoundedSemaphore(MAX_CONNECTIONS)
        self._idle: deque[httpcore2.HTTPConnection] = deque()

    @contextmanager
    def one(self) -> Iterator[httpcore2.HTTPConnection]:
        """A connection for one call. Raises PoolTimeout if none is free within the call's time."""
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
        """Close connections that were idle for long, the oldest first."""
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
        """Close idle connections."""
        while self._idle:
            self._idle.pop().close()


class _Stream(httpcore2.NetworkStream):
    """A connection whose waits all end with the call. It ignores the timeouts it is given."""

    def __init__(self, inner: httpcore2.NetworkStream) -> None:
        self._inner = inner
        self._answering = False

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        found = self._inner.read(max_bytes, _left())
        if not found and not self._answering:
            raise httpcore2.ReadError("closed without a response")
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
    """Connects within the time left of the call, however many addresses a name has."""

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
            # An address that never responds must leave time for the next one.
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
    """The addresses of `host`. The system's resolver has no deadline, so it runs in a thread."""
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


def _capped(parts: Iterable[bytes], most: int = MAX_BODY) -> bytes:
    body = bytearray()
    for part in parts:
        body += part
        if len(body) > most:
            raise CallFailed(Fault.MALFORMED, f"more than {most} bytes")
    return bytes(body)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key twice")
    return found


def _refuse(constant: str) -> Any:
    raise ValueError(constant)


def _refuse_open_transaction() -> None:
    """Refuse a call in a transaction: a slow peer must never hold row locks.

    The transaction around a test case does not count.
    """
    for connection in connections.all(initialized_only=True):
        if any(not getattr(block, "_from_testcase", False) for block in connection.atomic_blocks):
            raise InsideTransaction("a call to a peer inside a database transaction")
