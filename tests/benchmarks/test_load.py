"""The load generator with missing responses, and the generator of unfinished requests."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace

import pytest

from benchmarks.drips import Drips, beginnings
from benchmarks.drips import run as drip
from benchmarks.load import Load, Numbers, run
from tests.threads import in_a_loop

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
LAST = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


def quietly(act: Callable[[socket.socket, int], None], wire: socket.socket, number: int) -> None:
    """A client that disconnects is not a failure here."""
    with suppress(OSError):
        act(wire, number)


@contextmanager
def answering(act: Callable[[socket.socket, int], None]) -> Iterator[int]:
    """A server whose connections, numbered from 0, are handled by ``act``; yields its port."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        kept: list[socket.socket] = []

        def accept() -> None:
            while True:
                try:
                    wire, _ = listening.accept()
                except OSError:  # closed
                    return
                kept.append(wire)
                threading.Thread(
                    target=quietly, args=(act, wire, len(kept) - 1), daemon=True
                ).start()

        thread = threading.Thread(target=accept)
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()
            for wire in kept:
                wire.close()


def load(port: int, **changes: float) -> Load:
    known = Load(port, "none", 0.2, 1, Numbers(0, 1, 0, 0), ("/",), patience=0.1)
    return replace(known, **changes)  # type: ignore[arg-type]


def silent(wire: socket.socket, _: int) -> None:
    """Read and send nothing."""
    while wire.recv(4096):
        pass


def first_silent(wire: socket.socket, number: int) -> None:
    """The first connection waits, the others get responses."""
    while wire.recv(4096):
        if number:
            wire.sendall(OK)


def closing_each(wire: socket.socket, _: int) -> None:
    """One response for each connection, which is then closed."""
    wire.recv(4096)
    wire.sendall(LAST)
    wire.close()


def dropping(wire: socket.socket, _: int) -> None:
    """Close the connection without a response."""
    wire.recv(4096)
    wire.close()


def test_it_counts_what_is_not_answered_in_time_and_ends() -> None:
    with answering(silent) as port:
        report = run(load(port, least=100))
    assert set(report.statuses) == {"timeout"}
    assert (report.done, report.failed) == (0, report.statuses["timeout"])
    assert report.first_wrong == "timeout"
    assert report.p99 >= 0.1


def test_it_goes_on_with_another_connection() -> None:
    with answering(first_silent) as port:
        report = run(load(port, seconds=1.0, patience=0.5))
    assert report.statuses["timeout"] >= 1
    assert report.done > 1


def test_it_opens_again_what_the_server_closes_in_order() -> None:
    with answering(closing_each) as port:
        report = run(load(port))
    assert report.done > 1
    assert report.failed == 0


def test_it_counts_a_connection_that_is_dropped() -> None:
    with answering(dropping) as port:
        report = run(load(port))
    assert set(report.statuses) == {"closed"}


def test_it_expects_every_answer_unless_it_is_given_patience() -> None:
    with answering(dropping) as port, pytest.raises(ConnectionError):
        run(load(port, patience=0.0))


def test_it_drips_in_every_way_and_counts_what_the_server_ends() -> None:
    seen: list[bytes] = []

    def read(wire: socket.socket, number: int) -> None:
        seen.append(wire.recv(4096))
        if number < 5:
            wire.sendall(b"HTTP/1.1 408 Request Timeout\r\n\r\n")
            wire.close()
        else:
            silent(wire, number)

    with answering(read) as port:
        drips = Drips(port, 5, 0.4, "sandbox-key")
        found = in_a_loop(drip(drips))
    assert (found.opened, found.closed, found.statuses) == (10, 5, {"408": 5})
    assert {start for start, _ in beginnings(drips)} == set(seen)
