"""A TCP proxy for PostgreSQL that cuts, delays and drops responses at a chosen point.

    python -m tests.peers.tcp_proxy --port 6543 --to /path/to/.s.PGSQL.5432 --lose-answer COMMIT
    python -m tests.peers.tcp_proxy --port 6543 --to 127.0.0.1:5432 --delay 0.2

It reads the plain protocol, so the client must not use TLS (`sslmode=disable`). A rule applies
once, then the proxy forwards again. Two cuts around the same statement have different effects:

    cut_before(b"COMMIT")     the message never reaches the server: not committed
    lose_answer(b"COMMIT")    the server has committed; the client gets no response
"""

from __future__ import annotations

import argparse
import re
import socket
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Self

from tests.peers.server import until_stopped

BLOCK = 65_536
READY = re.compile(rb"Z\x00\x00\x00\x05[ITE]")  # ReadyForQuery: the server has finished
TO_SERVER, TO_CLIENT = "to_server", "to_client"

Target = tuple[str, int] | str


class TcpProxy:
    """Listens on 127.0.0.1:`port` and forwards to `target`: (host, port) or a socket's path."""

    def __init__(self, target: Target, *, port: int = 0) -> None:
        self.target = target
        self._listener = socket.create_server(("127.0.0.1", port))
        self.port: int = self._listener.getsockname()[1]
        self.fired = threading.Event()  # the rule has been applied
        self.accepted = 0
        self._lock = threading.Lock()
        self._links: set[_Link] = set()
        self._threads: list[threading.Thread] = []
        self._accepting = threading.Thread(target=self._accept, name="tcp-proxy", daemon=True)
        self._stopping = threading.Event()
        self.behave()

    def behave(self) -> None:
        """Forward everything without delay."""
        self.delay_seconds = 0.0
        self.refusing = False
        self.rule: tuple[str, bytes] | None = None  # "cut_before" or "lose_answer", and its trigger
        self.budget: tuple[str, int] | None = None  # direction, and the bytes still let through
        self.fired.clear()

    def cut(self) -> None:
        """Cut every connection now."""
        with self._lock:
            for link in self._links:
                link.cut()

    def refuse(self) -> None:
        """Cut every connection and close new ones, until `behave()`."""
        self.refusing = True
        self.cut()

    def delay(self, seconds: float) -> None:
        """Delay all data in both directions by this time."""
        self.delay_seconds = seconds

    def cut_after_bytes(self, count: int, direction: str = TO_CLIENT) -> None:
        """Forward `count` more bytes in this direction, then cut the connection."""
        self.fired.clear()
        self.budget = (direction, count)

    def cut_before(self, words: bytes) -> None:
        """Cut when the client sends `words`; the server does not get them."""
        self.fired.clear()
        self.rule = ("cut_before", words)

    def lose_answer(self, words: bytes) -> None:
        """Forward `words`, wait for the server's response, drop it, and cut."""
        self.fired.clear()
        self.rule = ("lose_answer", words)

    def start(self) -> Self:
        self._accepting.start()
        return self

    def stop(self) -> None:
        self._stopping.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._accepting.join()
        self.cut()
        for thread in self._threads:
            thread.join()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *failure: object) -> None:
        self.stop()

    def pause(self) -> None:
        if self.delay_seconds:
            self._stopping.wait(self.delay_seconds)

    def spend(self, direction: str, data: bytes) -> tuple[bytes, bool]:
        """The part of `data` that may still pass, and whether the connection ends with it."""
        with self._lock:
            if self.budget is None or self.budget[0] != direction:
                return data, False
            left = self.budget[1] - len(data)
            self.budget = (direction, left) if left > 0 else None
            return (data, False) if left > 0 else (data[: len(data) + left], True)

    def meets(self, tail: bytes, data: bytes) -> str:
        """The rule triggered by `data`, or "". Its words may start in the previous `tail`."""
        with self._lock:
            # Words entirely in the tail passed before the rule was set.
            if (
                self.rule is None
                or self.rule[1] not in tail[max(0, len(tail) - len(self.rule[1]) + 1) :] + data
            ):
                return ""
            name, self.rule = self.rule[0], None
            return name

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self.accepted += 1
            if self.refusing:
                client.close()
                continue
            try:
                link = _Link(self, client, _connected(self.target))
            except OSError:
                client.close()
                continue
            with self._lock:
                self._links.add(link)
            self._spawn(link.to_server)
            self._spawn(link.to_client)

    def forget(self, link: _Link) -> None:
        with self._lock:
            self._links.discard(link)

    def _spawn(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, name="tcp-proxy", daemon=True)
        self._threads.append(thread)
        thread.start()


class _Link:
    """One client and its connection to the server."""

    def __init__(self, proxy: TcpProxy, client: socket.socket, server: socket.socket) -> None:
        self.proxy, self.client, self.server = proxy, client, server
        self.losing = threading.Event()  # drop the server's responses
        self._ends = 0
        self._lock = threading.Lock()

    def to_server(self) -> None:
        tail = b""
        while data := _received(self.client):
            self.proxy.pause()
            rule = self.proxy.meets(tail, data)
            tail = (tail + data)[-256:]
            if rule == "cut_before":
                self._fire()
                break
            if rule == "lose_answer":
                self.losing.set()
            if not self._pass(self.server, TO_SERVER, data):
                break
        self._end()

    def to_client(self) -> None:
        kept = b""
        while data := _received(self.server):
            self.proxy.pause()
            if self.losing.is_set():
                kept = (kept + data)[-256:]
                if READY.search(kept):
                    self._fire()
                    break
            elif not self._pass(self.client, TO_CLIENT, data):
                break
        self._end()

    def cut(self) -> None:
        for end in (self.client, self.server):
            with suppress(OSError):  # already closed by the other side
                end.shutdown(socket.SHUT_RDWR)

    def _pass(self, target: socket.socket, direction: str, data: bytes) -> bool:
        allowed, last = self.proxy.spend(direction, data)
        try:
            target.sendall(allowed)
        except OSError:
            return False
        if last:
            self._fire()
        return not last

    def _fire(self) -> None:
        self.proxy.fired.set()  # first, because the test may continue immediately
        self.cut()

    def _end(self) -> None:
        """End both directions together; the second one closes the sockets."""
        self.cut()
        with self._lock:
            self._ends += 1
            if self._ends == 2:
                self.client.close()
                self.server.close()
                self.proxy.forget(self)


def _connected(target: Target) -> socket.socket:
    if isinstance(target, tuple):
        return socket.create_connection(target, timeout=None)
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        server.connect(target)
    except OSError:
        server.close()
        raise
    return server


def _received(end: socket.socket) -> bytes:
    try:
        return end.recv(BLOCK)
    except OSError:
        return b""


def _target(text: str) -> Target:
    host, _, port = text.rpartition(":")
    return (host, int(port)) if port.isdecimal() and "/" not in text else text


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description="A TCP proxy for PostgreSQL that breaks on demand."
    )
    parser.add_argument("--port", type=int, default=6543)
    parser.add_argument("--to", required=True, type=_target, metavar="HOST:PORT|SOCKET")
    parser.add_argument("--delay", type=float, default=0.0, metavar="SECONDS")
    parser.add_argument("--cut-before", metavar="WORDS")
    parser.add_argument("--lose-answer", metavar="WORDS")
    chosen = parser.parse_args()
    proxy = TcpProxy(chosen.to, port=chosen.port).start()
    proxy.delay(chosen.delay)
    if chosen.cut_before:
        proxy.cut_before(chosen.cut_before.encode())
    if chosen.lose_answer:
        proxy.lose_answer(chosen.lose_answer.encode())
    sys.stdout.write(f"127.0.0.1:{proxy.port} → {chosen.to}; Ctrl-C ends it\n")
    sys.stdout.flush()
    until_stopped()
    proxy.stop()
