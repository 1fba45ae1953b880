"""Simultaneous calls, each on its own database connection."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

import pytest
from django.db import close_old_connections, connections

from config.foundation import shared_connections
from config.peers import outbound

MANY = 1000
T = TypeVar("T")


def as_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test's threads stand for processes, so any number of them may wait for peers."""
    monkeypatch.setattr(outbound, "AT_ONCE", threading.BoundedSemaphore(MANY))


def together(calls: Sequence[Callable[[], Any]]) -> list[Any]:
    """Start all calls together; returns their results or exceptions, in order."""
    results: list[Any] = [None] * len(calls)
    line = threading.Barrier(len(calls))

    def run(number: int) -> None:
        try:
            connections["default"].ensure_connection()  # so that only the calls race
            line.wait(timeout=30)
            results[number] = calls[number]()
        except Exception as error:  # noqa: BLE001  (whatever it is belongs to the test)
            results[number] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert not any(thread.is_alive() for thread in threads)
    return results


def in_a_loop(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end in a new event loop; returns its result or raises its error.

    The loop has its own thread: a process that ran a browser test has a running loop in its main
    thread until it ends.
    """
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


@contextmanager
def sharing_threads(number: int) -> Iterator[Callable[..., Future[Any]]]:
    """Threads that share database connections. A call returns its connection at its end."""
    shared_connections.close()

    def run(call: Callable[..., Any], *given: Any, **named: Any) -> Any:
        try:
            return call(*given, **named)
        finally:
            close_old_connections()

    with ThreadPoolExecutor(number, initializer=shared_connections.share_connections) as threads:
        yield lambda call, *given, **named: threads.submit(run, call, *given, **named)
    shared_connections.close()
