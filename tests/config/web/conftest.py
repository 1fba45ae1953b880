"""One web process for a module, on the test's database, and misbehaving clients."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.processes import process, until
from tests.world import World

HOST = "127.0.0.1"
# As shipped, except for waits, which would take too long in tests.
QUICK = {"REQUEST_TIMEOUT": 2, "RESPONSE_STALL": 2, "WEB_WORKERS": 1}
DRIP = (
    b"POST /login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: csrftoken=made-up\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\nabcd"
)


@dataclass(frozen=True)
class Heard:
    """One raw response; ``closed``: the server closed the connection after it."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Web:
    """A running web process."""

    port: int
    process: psutil.Process
    started: subprocess.Popen[bytes]
    log: Path

    def connections(self) -> list[Any]:
        """Its open connections to clients."""
        found = self.process.net_connections("tcp")
        return [one for one in found if one.status == "ESTABLISHED"]

    def connect(self, timeout: float = 15) -> socket.socket:
        """A connection, which the caller closes."""
        return socket.create_connection((HOST, self.port), timeout=timeout)

    def send(self, request: bytes, timeout: float = 15) -> Heard:
        """Send bytes on a new connection and read one response."""
        with closing(self.connect(timeout)) as sock:
            sock.sendall(request)
            return read(sock)

    def get(self, path: str, **headers: str) -> Heard:
        """A GET."""
        lines = [f"GET {path} HTTP/1.1", f"Host: {HOST}", "Connection: close"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        return self.send("\r\n".join([*lines, "", ""]).encode())

    def post(self, path: str, body: bytes, *, key: str = "", **headers: str) -> Heard:
        """A POST with a JSON body."""
        lines = [f"POST {path} HTTP/1.1", f"Host: {HOST}", f"X-API-Key: {key}", "Connection: close"]
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        return self.send("\r\n".join([*lines, "", ""]).encode() + body)

    def stop(self) -> int:
        """Ask it to stop; returns its exit status."""
        self.started.send_signal(signal.SIGTERM)
        return self.started.wait(40)


def read(sock: socket.socket) -> Heard:
    """One response with a Content-Length."""
    raw = b""
    while b"\r\n\r\n" not in raw:
        came = sock.recv(65_536)
        if not came:
            raise ConnectionError(f"closed after {raw!r}")
        raw += came
    head, _, body = raw.partition(b"\r\n\r\n")
    status, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    while len(body) < int(headers.get("content-length", "0")):
        came = sock.recv(65_536)
        if not came:
            raise ConnectionError("closed in the middle of a body")
        body += came
    return Heard(int(status.split(" ")[1]), headers, body)


def is_closed(sock: socket.socket, *, within: float) -> bool:
    """Whether the server closes the connection within this many seconds."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        sock.settimeout(max(0.01, deadline - time.monotonic()))
        try:
            if not sock.recv(65_536):
                return True
        except TimeoutError:
            return False
        except ConnectionError:
            return True
    return False


def free_port() -> int:
    """A free port."""
    with closing(socket.socket()) as sock:
        sock.bind((HOST, 0))
        return int(sock.getsockname()[1])


def listens(port: int) -> bool:
    """Whether the port is in use."""
    with closing(socket.socket()) as sock:
        return sock.connect_ex((HOST, port)) == 0


@pytest.fixture
def further() -> dict[str, Any]:
    """Settings of the process; a module or class may override this fixture."""
    return {}


class Shared:
    """A module's web process. It is replaced when it has ended or needs other settings."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._further: dict[str, Any] = {}
        self._web: Web | None = None

    def serve(self, further: dict[str, Any]) -> Web:
        """A process with these settings, without connections of an earlier test."""
        if self._web is None or self._web.started.poll() is not None or self._further != further:
            self.stop()
            self._web, self._further = self._start(further), further
        web = self._web
        until(lambda: not web.connections())
        assert web.get("/livez").status == 200  # wait until it is listening
        return web

    def stop(self) -> None:
        """End the process."""
        self._stack.close()
        self._web = None

    def _start(self, further: dict[str, Any]) -> Web:
        port = free_port()
        started = self._stack.enter_context(process("tests.web", str(port), **QUICK | further))
        until(lambda: listens(port))
        return Web(port, psutil.Process(started.pid), started, started.log)


@pytest.fixture(scope="module")
def _shared(django_db_setup: None) -> Iterator[Shared]:
    with ExitStack() as stack:
        yield Shared(stack)


@pytest.fixture
def web(transactional_db: None, world: World, further: dict[str, Any], _shared: Shared) -> Web:
    """The module's web process, on this test's database."""
    return _shared.serve(further)


@pytest.fixture
def new_web(transactional_db: None, world: World, further: dict[str, Any], _shared: Shared) -> Web:
    """One whose log has nothing of earlier tests, such as calls that outlived their rows."""
    _shared.stop()
    return _shared.serve(further)
