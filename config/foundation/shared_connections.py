"""Threads that share a few database connections, because they mostly wait for peers.

A thread that has called ``share_connections`` takes its connection from the process's pool when
Django connects, and returns it when Django closes it: at the end of a request, and before each call
to a peer (``give_back``). Every other thread keeps its own connection.
"""

from __future__ import annotations

import os
import select
import threading
import time
from typing import Any

import psycopg
from django.conf import settings
from django.db import connections
from psycopg_pool import ConnectionPool

IDLE = 60.0  # seconds; an idle connection is closed after that
RECONNECT = 3.0  # seconds of failed attempts to connect, after which the next caller tries


class ConnectionHeld(RuntimeError):
    """A thread would return its connection inside a transaction. This is a defect."""


class Pool(ConnectionPool[psycopg.Connection[Any]]):
    """The connections that threads of this process share. Waiting threads are served in turn."""

    def getconn(self, timeout: float | None = None) -> psycopg.Connection[Any]:
        """A working connection. Raises PoolTimeout, an OperationalError, if none is free."""
        until = time.monotonic() + (self.timeout if timeout is None else timeout)
        while True:
            # The pool's own check sleeps after each failed connection, longer each time.
            connection = super().getconn(until - time.monotonic())
            if stands(connection):
                return connection
            connection.close()
            self.putconn(connection)

    def leave(self) -> None:
        """After a fork: its threads and connections belong to the parent."""
        self._closed = True


_thread = threading.local()
_pools: dict[str, Pool] = {}
_left_behind: list[object] = []  # the parent's objects, referenced so that they are not closed
_opening = threading.Lock()


def share_connections() -> None:
    """Let this thread use the pool. For the initialiser of a thread pool."""
    connections.close_all()
    _thread.shares = True


def is_shared() -> bool:
    """Whether this thread uses the pool."""
    return getattr(_thread, "shares", False)


def give_back() -> None:
    """Return this thread's connection to the pool before a wait. The next query takes one again.

    Does nothing in a thread that does not share. Raises ConnectionHeld inside a transaction.
    """
    if not is_shared():
        return
    for connection in connections.all(initialized_only=True):
        if connection.in_atomic_block:
            raise ConnectionHeld(f"{connection.alias}: a transaction is open")
        connection.close()


def pool_of(alias: str) -> Pool | None:
    """The pool of a database, if it is open."""
    return _pools.get(alias)


def open_pool(alias: str, parameters: dict[str, Any], database: dict[str, Any]) -> Pool:
    """The pool of a database, opened at its first use. ``database``: Django's settings for it."""
    with _opening:
        if alias not in _pools:
            _pools[alias] = Pool(
                kwargs=parameters | {"autocommit": True},
                min_size=0,
                max_size=settings.WEB_PEER_CONNECTIONS,
                timeout=settings.WEB_PEER_CONNECTION_TIMEOUT,
                max_lifetime=max(database["CONN_MAX_AGE"], 1),
                max_idle=IDLE,
                reconnect_timeout=RECONNECT,
                num_workers=1,
                name=f"shared-{alias}",
                open=True,
            )
        return _pools[alias]


def stands(connection: psycopg.Connection[Any]) -> bool:
    """Whether an idle connection still works, checked without a round trip.

    Data to read means that the server closed the connection, or sent a notice.
    """
    waiting = select.poll()
    try:
        waiting.register(connection.fileno(), select.POLLIN)
    except psycopg.Error:  # closed on our side
        return False
    if not waiting.poll(0):
        return True
    try:
        connection.execute("")
    except psycopg.Error:
        return False
    return True


def close() -> None:
    """Close every pool of this process; the next use opens a new one."""
    with _opening:
        pools = [_pools.popitem()[1] for _ in range(len(_pools))]
    for pool in pools:
        pool.close()


def _after_fork() -> None:
    for pool in _pools.values():
        pool.leave()
    _left_behind.extend(_pools.values())
    _pools.clear()
    if is_shared():
        for wrapper in connections.all(initialized_only=True):
            _left_behind.append(wrapper.connection)
            wrapper.connection = None


os.register_at_fork(after_in_child=_after_fork)
