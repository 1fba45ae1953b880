"""The base of the HTTP peers: a threaded server, faults, a control route, immediate stop."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import signal
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

# Faults of the connection for every peer. `slow` responds after `seconds`.
FAULTS = (
    *(
        "slow",
        "hang",
        "drop",
        "reset",
        "500",
        "502",
        "garbage",
        "not_json",
        "truncated",
        "cut_body",
        "redirect",
    ),
    *(
        "endless_body",
        "endless_head",
        "dripping_body",
        "dripping_head",
        "gzip",
        "deep",
        "empty",
        "not_found",
        "key_twice",
    ),
)


SIGNATURE = re.compile(r"t=([0-9]+),n=([0-9a-f]{32}),v1=([0-9a-f]{64})")
Lie = Callable[[dict[str, Any]], dict[str, Any]]  # how it changes an honest response


class Peer(ThreadingHTTPServer):
    """A server on 127.0.0.1; `port` 0 takes a free one.

    Use it as a context manager, or with `start()` and `stop()`. Subclasses have their own `faults`
    and write `respond(request)`.
    """

    faults: tuple[str, ...] = ()
    request_queue_size = 128
    daemon_threads = False  # so that stopping waits for all of them

    def __init__(self, *, port: int = 0, shared_key: str = "") -> None:
        super().__init__(("127.0.0.1", port), Request)
        self.shared_key = shared_key.encode()  # set: requests and responses are signed
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.stopping = threading.Event()
        self.lock = threading.Lock()
        self.seen: list[str] = []  # "GET /v1/prices/x", in order of arrival
        self.connections = 0  # accepted so far
        self.waiting: list[threading.Thread] = []  # delayed actions
        self._fault: tuple[str, int | None, float] | None = None
        self._open: set[socket.socket] = set()
        self._thread = threading.Thread(
            target=self.serve_forever, args=(0.02,), name=type(self).__name__
        )

    def respond(self, request: Request) -> None:
        """Respond to one request."""
        raise NotImplementedError

    def state(self) -> dict[str, Any]:
        """The state for the control route."""
        return {"fault": self._fault, "faults": [*FAULTS, *self.faults], "seen": self.seen}

    def set(self, wanted: dict[str, Any]) -> None:
        """Apply settings from the control route."""
        if "fault" in wanted:
            self.fault(
                wanted["fault"], times=wanted.get("times"), seconds=wanted.get("seconds", 0.0)
            )

    def fault(self, name: str | None, *, times: int | None = None, seconds: float = 0.0) -> None:
        """Set the fault for the next `times` requests, or for all."""
        if name is not None and name not in (*FAULTS, *self.faults):
            raise ValueError(f"{name!r} is none of {', '.join((*FAULTS, *self.faults))}")
        with self.lock:
            self._fault = None if name is None else (name, times, seconds)

    def take_fault(self) -> tuple[str, float]:
        """The fault of this request and its seconds; ("", 0) for none."""
        with self.lock:
            if self._fault is None:
                return "", 0.0
            name, times, seconds = self._fault
            if times is not None:
                self._fault = (name, times - 1, seconds) if times > 1 else None
            return name, seconds

    def reply(self, request: Request, honest: dict[str, Any], lies: Mapping[str, Lie]) -> None:
        """Send ``honest``, or what this request's fault makes of it: a lie or a cut connection."""
        name, seconds = self.take_fault()
        if name in lies:
            honest |= lies[name](honest)
        elif name == "slow":
            self.stopping.wait(seconds)
        elif name in FAULTS:
            request.misbehave(name, json.dumps(honest).encode())
            return
        request.answer(200, honest)

    def later(self, seconds: float, act: Callable[[], object]) -> None:
        """Do `act` after `seconds`, unless the peer stops first."""

        def wait() -> None:
            if not self.stopping.wait(seconds):
                act()

        thread = threading.Thread(target=wait, daemon=True)
        self.waiting.append(thread)
        thread.start()

    def start(self) -> Self:
        self._thread.start()
        return self

    def stop(self) -> None:
        self.stopping.set()
        self.shutdown()
        self._thread.join()
        with self.lock:
            for connection in self._open:
                with suppress(OSError):  # already closed
                    connection.shutdown(socket.SHUT_RDWR)
        self.server_close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *failure: object) -> None:
        self.stop()

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        with self.lock:
            self.connections += 1
            self._open.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        with self.lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore clients that disconnect."""
        if not isinstance(sys.exc_info()[1], (ConnectionError, ValueError)):
            super().handle_error(request, client_address)


class Request(BaseHTTPRequestHandler):
    """One connection. A peer's `respond` calls `answer` and `misbehave`."""

    server: Peer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    nonce = ""  # of a signed request to a peer with a shared key

    def do_GET(self) -> None:
        self.body = b""
        self._handle()

    def do_POST(self) -> None:
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._handle()

    def answer(self, status: int, body: bytes | dict[str, Any], **headers: str) -> None:
        """A complete and honest HTTP response."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        if self.nonce:
            headers["X_Signature"] = f"v1={self._sign('answer', self.nonce, status, content)}"
        for name, value in {"Content-Type": "application/json", **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def misbehave(self, name: str, honest: bytes = b"{}") -> None:
        """A connection fault in place of the response `honest`."""
        getattr(self, f"_{name}", lambda _: self._status(name))(honest)

    def log_message(self, *args: Any) -> None:
        """No log."""

    def _handle(self) -> None:
        if self.path.startswith("/_control"):
            self._control()
            return
        with self.server.lock:
            self.server.seen.append(f"{self.command} {self.path}")
        self.nonce = ""
        if self.server.shared_key and not self._is_signed():
            self.answer(401, {"error": "bad signature"})
            return
        self.server.respond(self)

    def _is_signed(self) -> bool:
        sent = SIGNATURE.fullmatch(self.headers.get("X-Signature", ""))
        if sent is None or abs(time.time() - int(sent[1])) > 300:
            return False
        if not hmac.compare_digest(self._sign("request", sent[1], sent[2], self.body), sent[3]):
            return False
        self.nonce = sent[2]
        return True

    def _sign(self, *parts: Any) -> str:
        """Of a request: its time, nonce and body; of a response: the nonce, status and body."""
        kind, first, second, body = parts
        middle = (self.command, self.path)
        lines = (first, second, *middle) if kind == "request" else (first, *middle, str(second))
        text = b"\n".join([*(line.encode() for line in (kind, *lines)), body])
        return hmac.new(self.server.shared_key, text, hashlib.sha256).hexdigest()

    def _control(self) -> None:
        try:
            if self.command == "POST":
                self.server.set(json.loads(self.body))
            self.answer(
                200, json.dumps(self.server.state(), default=str, indent=2).encode() + b"\n"
            )
        except (ValueError, TypeError) as error:
            self.answer(400, {"error": str(error)})

    def _status(self, name: str) -> None:
        self.answer(404 if name == "not_found" else int(name), {"error": "a fault of the peer"})

    def _hang(self, honest: bytes) -> None:
        self.server.stopping.wait()
        self.close_connection = True

    def _drop(self, honest: bytes) -> None:
        self.close_connection = True

    def _reset(self, honest: bytes) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True

    def _garbage(self, honest: bytes) -> None:
        self._raw(b"\x00\xffsmtp 220 ready\r\n\r\n" * 4)

    def _not_json(self, honest: bytes) -> None:
        self.answer(200, b"<html>maintenance</html>")

    def _truncated(self, honest: bytes) -> None:
        self.answer(200, honest[: len(honest) // 2])

    def _key_twice(self, honest: bytes) -> None:
        self.answer(200, honest[:-1] + b', "currency": "USD"}')

    def _empty(self, honest: bytes) -> None:
        self.answer(200, b"")

    def _deep(self, honest: bytes) -> None:
        self.answer(200, b"[" * 60_000)

    def _cut_body(self, honest: bytes) -> None:
        self._raw(_head(f"Content-Length: {len(honest)}") + honest[:-1])

    def _redirect(self, honest: bytes) -> None:
        self.answer(302, {}, Location=f"{self.server.url}{self.path}")

    def _gzip(self, honest: bytes) -> None:
        self.answer(200, honest, Content_Encoding="gzip")

    def _endless_body(self, honest: bytes) -> None:
        self._endless(_head("Transfer-Encoding: chunked"), b"2000\r\n" + b" " * 8192 + b"\r\n")

    def _endless_head(self, honest: bytes) -> None:
        self._endless(b"HTTP/1.1 200 OK\r\n", b"X-Padding: " + b"x" * 4096 + b"\r\n")

    def _dripping_body(self, honest: bytes) -> None:
        self._drip(_head(f"Content-Length: {len(honest)}"), honest)

    def _dripping_head(self, honest: bytes) -> None:
        self._drip(b"", _head(f"Content-Length: {len(honest)}") + honest)

    def _raw(self, content: bytes) -> None:
        self.wfile.write(content)
        self.close_connection = True

    def _endless(self, start: bytes, part: bytes) -> None:
        self._raw(start)
        while not self.server.stopping.is_set():
            self.wfile.write(part)

    def _drip(self, start: bytes, rest: bytes) -> None:
        """A byte every 50 ms: each wait is short, but all together are long."""
        self._raw(start)
        for byte in rest:
            if self.server.stopping.wait(0.05):
                return
            self.wfile.write(bytes([byte]))


def _head(length: str) -> bytes:
    return f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n{length}\r\n\r\n".encode()


def serve(peer: Peer) -> None:
    """Run it from the command line until Ctrl-C."""
    sys.stdout.write(
        f"{type(peer).__name__} at {peer.url}; control at {peer.url}/_control; Ctrl-C ends it\n"
    )
    sys.stdout.flush()
    peer.start()
    until_stopped()
    peer.stop()


def until_stopped() -> None:
    """Wait for Ctrl-C or a termination signal."""
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    stopped.wait()
