"""A real worker and beat continue after the database was read-only or unavailable."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import psycopg
import pytest
from django.db import connection
from psycopg.conninfo import make_conninfo

from buyback.tasks import close_windows
from config.foundation import clock
from config.postgres.broker import database_conninfo
from tests.processes import process, until
from tests.races.test_worker import QUEUE, QUIET, WORKER, done, execute, number, send
from tests.world import World, make_item

BEAT = ("celery", "-A", "tests.quick_clock", "beat", "--loglevel", "INFO", "--pidfile", "")

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.slow,
    pytest.mark.usefixtures("leaves_no_connection"),
]


def end_all_other_sessions() -> None:
    """As a server that becomes a standby or restarts."""
    execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )


@contextmanager
def altered(trouble: str, back: str) -> Iterator[None]:
    """New sessions meet ``trouble`` during the block; altered from another database."""
    name = connection.ops.quote_name(connection.settings_dict["NAME"])
    with psycopg.connect(
        make_conninfo(database_conninfo(), dbname="postgres"), autocommit=True
    ) as other:
        other.execute(f"ALTER DATABASE {name} {trouble}")
        try:
            end_all_other_sessions()
            yield
        finally:
            other.execute(f"ALTER DATABASE {name} {back}")


# New sessions are read-only, as on a standby; or refused, as while a server starts.
TROUBLES = {
    "read-only": ("SET default_transaction_read_only = on", "RESET default_transaction_read_only"),
    "refusing": ("ALLOW_CONNECTIONS false", "ALLOW_CONNECTIONS true"),
}


def an_open_window(world: World) -> None:
    make_item(world.northwind.live, expires_at=clock.now() - timedelta(seconds=1))


@pytest.mark.parametrize("trouble", TROUBLES)
def test_the_worker_goes_on_when_the_database_is_back(world: World, trouble: str) -> None:
    an_open_window(world)
    with process(*WORKER, *QUIET) as worker:
        send(close_windows)
        until(lambda: done() == (1, 1))
        an_open_window(world)
        with altered(*TROUBLES[trouble]):
            until(lambda: "Trying again in" in worker.said())
        send(close_windows)
        until(lambda: done() == (2, 2))
        until(lambda: number(f"SELECT count(*) FROM {QUEUE}") == 0)
        assert worker.poll() is None


@pytest.mark.parametrize("trouble", TROUBLES)
def test_beat_goes_on_when_the_database_is_back(world: World, trouble: str) -> None:
    queued = f"SELECT count(*) FROM {QUEUE}"
    send(close_windows)
    with process(*BEAT) as beat:
        until(lambda: number(queued) > 1)
        with altered(*TROUBLES[trouble]):
            until(lambda: "[error" in beat.said())
        before = number(queued)
        until(lambda: number(queued) > before)
        assert beat.poll() is None
