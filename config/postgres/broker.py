"""The default broker: kombu's `pgmq` queue tables in the main database.

It uses Django's address of the database, read at each connection, so an import does not start the
embedded server, and a test database has its own queues.

Worker and beat survive every database error, including a restart or failover. Each error of the
driver makes them reconnect, with back-off and without end (`config/celery.py`). A connection counts
only if the database is writable: the worker declares its queue, which fails on a standby.
"""

from __future__ import annotations

from typing import Any

import psycopg
from django.db import connections
from kombu.transport import pgmq
from pgmq import PGMQueue
from psycopg.conninfo import make_conninfo
from psycopg.errors import ReadOnlySqlTransaction
from psycopg_pool import ConnectionPool

LISTEN_SECONDS = 0.5  # between two checks for a stop; a new message wakes the worker immediately
POOL_SECONDS = 5.0  # to wait for a connection; short, because a web thread may be waiting

HAS_TRIGGER = """
SELECT 1 FROM pg_trigger
 WHERE tgrelid = to_regclass(%s) AND tgname = 'trigger_notify_queue_insert_listeners'
"""
THROTTLE = """
INSERT INTO pgmq.notify_insert_throttle (queue_name, throttle_interval_ms)
VALUES (%s, %s) ON CONFLICT DO NOTHING
"""

# Options of Django's database settings that libpq does not have.
NOT_LIBPQ = ("cursor_factory", "context", "prepare_threshold")


def database_conninfo() -> str:
    """libpq's connection string of the default database, with every option of DATABASE_URL."""
    params = connections["default"].get_connection_params()
    return make_conninfo(**{name: value for name, value in params.items() if name not in NOT_LIBPQ})


class LetsGo:
    """A channel that can read on after it failed to acknowledge a message.

    kombu goes on counting such a message as one in progress. A worker that takes one message at a
    time then never reads again, and does not notice that its connection is lost. Here the message
    is no longer counted: the broker delivers it again later, and every task is safe to run twice.
    """

    qos: Any

    def basic_ack(self, delivery_tag: str, multiple: bool = False) -> None:
        """Raises the broker's error, which Celery logs."""
        try:
            super().basic_ack(delivery_tag, multiple)  # type: ignore[misc]
        except Exception:
            self.qos._quick_ack(delivery_tag)  # noqa: SLF001  (kombu has no public name for it)
            raise

    def basic_reject(self, delivery_tag: str, requeue: bool = False) -> None:
        """Raises the broker's error, which Celery logs."""
        try:
            super().basic_reject(delivery_tag, requeue)  # type: ignore[misc]
        except Exception:
            self.qos._quick_ack(delivery_tag)  # noqa: SLF001  (as above)
            raise


def make_queue(database: str, name: str) -> None:
    """Create the queue and the trigger that wakes its worker, if they do not exist.

    For the owner: `web` and `worker` may not create tables.
    """
    with connections[database].cursor() as cursor:
        cursor.execute(
            "SELECT pgmq.create(%(name)s), pgmq.enable_notify_insert(%(name)s)"
            " WHERE to_regclass('pgmq.q_' || %(name)s) IS NULL",
            {"name": name},
        )


class Channel(LetsGo, pgmq.Channel):
    """The queue's channel. Declaring a queue that exists creates nothing."""

    pgmq: Any
    connection: Any

    def _new_queue(self, queue: str, **kwargs: Any) -> None:
        if self._has_queue(queue):  # type: ignore[no-untyped-call]
            self._maybe_enable_notify(queue)
        else:
            super()._new_queue(queue, **kwargs)  # type: ignore[no-untyped-call]

    def _maybe_enable_notify(self, queue: str, queue_name: str | None = None) -> None:
        """Let new messages wake the worker. The trigger's own table is empty after a crash."""
        name = queue_name or self._queue_name(queue)
        with self.pgmq.pool.connection() as session:
            found = session.execute(HAS_TRIGGER, [f"pgmq.q_{name}"]).fetchone()
            if found:
                session.execute(THROTTLE, [name, self.notify_throttle_interval_ms])
        if found:
            self.connection._register_notify_queue(name)  # noqa: SLF001  (as kombu does)
        else:
            super()._maybe_enable_notify(queue, queue_name)  # type: ignore[no-untyped-call]


class Transport(pgmq.Transport):
    """`pgmq://` without an address. The pool is created here: the client's ignores most options."""

    Channel = Channel
    # Read-only (25006) is no OperationalError. kombu reconnects after these; any other error ends
    # the worker.
    connection_errors = (*pgmq.Transport.connection_errors, psycopg.Error)

    def establish_connection(self) -> Any:
        """Connect to a writable database. Raises psycopg.Error; the next try opens new sessions."""
        try:
            connection: Any = super().establish_connection()  # type: ignore[no-untyped-call]
            pool: Any = self._get_pgmq_client().pool
            with pool.connection() as session:
                if session.execute("SHOW transaction_read_only").fetchone() == ("on",):
                    raise ReadOnlySqlTransaction("the database is read-only")
        except psycopg.Error:
            self._drop_client()
            raise
        return connection

    def _drop_client(self) -> None:
        """Close sessions, because they keep their read-only state."""
        client, self._pgmq_client = self._pgmq_client, None
        if client is not None:
            client.close()

    def _create_pgmq_client(self) -> Any:
        connection: Any = self.client
        options = connection.transport_options
        pool = ConnectionPool(
            database_conninfo(),
            min_size=1,
            max_size=options["pool_size"],
            timeout=POOL_SECONDS,
            open=True,
        )
        client = PGMQueue(pool=pool, vt=options["visibility_timeout"], init_extension=False)
        client._own_pool = True  # noqa: SLF001   so that it is closed with the transport
        return client

    def _get_notify_waiter(self) -> Any:
        if self._notify_waiter is None:
            self._notify_waiter = pgmq._NotifyWaiter(database_conninfo())  # noqa: SLF001
        return self._notify_waiter

    # kombu's two base classes disagree about this signature.
    def drain_events(self, connection: Any, timeout: float | None = None) -> None:  # type: ignore[override]
        """Wait for messages, but not so long that a stop is delayed."""
        capped = min(timeout or LISTEN_SECONDS, LISTEN_SECONDS)
        super().drain_events(connection, timeout=capped)  # type: ignore[no-untyped-call]
