"""A real Celery worker killed during a batch: nothing is half done, and the message survives."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
from celery import Task
from django.db import connection

from buyback.tasks import close_windows
from config.celery import app
from config.foundation import clock
from config.postgres.broker import database_conninfo
from inventory.models import Item
from partners.models import Environment, Event
from tests.processes import kill, process, until
from tests.world import World, make_collector, make_item, make_pack, make_purchase

QUEUE = "pgmq.q_sellback"
WORKER = ("celery", "-A", "config.celery", "worker", "--concurrency", "1", "--loglevel", "INFO")
QUIET = ("--without-gossip", "--without-mingle", "--without-heartbeat")
ITEMS = 30

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def number(query: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(query)
        (found,) = cursor.fetchone()
    return int(found)


def execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def send(task: Task[..., Any], *arguments: str, expires: datetime | None = None) -> None:
    """On a separate connection, because the app's pool would keep one to the test's database."""
    with app.connection_for_write() as own:
        app.send_task(task.name, arguments, connection=own, expires=expires)


def done() -> tuple[int, int]:
    """The number of closed windows, and of their events."""
    return Item.objects.exclude(expired_at=None).count(), Event.objects.filter(
        type="item.expired"
    ).count()


@contextmanager
def stuck_before_its_commit(environment: Environment) -> Iterator[None]:
    """A batch has written rows and events, and waits at its commit for the environment's row."""
    with psycopg.connect(database_conninfo()) as other:
        other.execute("SELECT FROM partners_environment WHERE id = %s FOR UPDATE", [environment.pk])
        yield


def waiting() -> bool:
    """Whether a sweep waits like that."""
    return bool(
        number(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND "
            "wait_event_type = 'Lock'"
            " AND query LIKE '%item.expired%' AND pid <> pg_backend_pid()"
        )
    )


def connected() -> bool:
    """Whether the killed worker's connection still exists."""
    return bool(
        number(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query "
            "LIKE '%item.expired%'"
            " AND pid <> pg_backend_pid()"
        )
    )


@pytest.fixture
def _notices_the_dead() -> Iterator[None]:
    """Let PostgreSQL check for vanished clients during lock waits."""
    name = connection.ops.quote_name(connection.settings_dict["NAME"])
    execute(f"ALTER DATABASE {name} SET client_connection_check_interval = '50ms'")
    yield
    execute(f"ALTER DATABASE {name} RESET client_connection_check_interval")


@pytest.mark.usefixtures("leaves_no_connection")
def test_it_drops_a_message_that_has_waited_too_long(world: World) -> None:
    """Beat's messages expire after their interval; the database queue keeps that property."""
    item = make_item(world.northwind.live, expires_at=clock.now() - timedelta(seconds=1))
    send(close_windows, expires=clock.now() - timedelta(seconds=1))
    with process(*WORKER, *QUIET):
        until(lambda: number(f"SELECT count(*) FROM {QUEUE}") == 0)
        assert done() == (0, 0)
        send(close_windows, expires=clock.now() + timedelta(minutes=5))
        until(lambda: done() == (1, 1))
    item.refresh_from_db()
    assert item.expired_at is not None


@pytest.mark.usefixtures("_notices_the_dead", "leaves_no_connection")
def test_it_leaves_nothing_half_done_when_its_worker_is_killed(world: World) -> None:
    environment, past = world.northwind.live, clock.now() - timedelta(seconds=1)
    purchase = make_purchase(make_collector(environment), pack=make_pack())
    for _ in range(ITEMS):
        make_item(environment, purchase=purchase, expires_at=past)
    send(close_windows)
    with ExitStack() as held:
        held.enter_context(stuck_before_its_commit(environment))
        with process(*WORKER, *QUIET) as worker:
            until(waiting)
            kill(worker)
        until(lambda: not connected())
        assert done() == (0, 0)
    # Acknowledged late: the message waits for its next reader. Let its visibility timeout pass.
    assert number(f"SELECT count(*) FROM {QUEUE}") == 1
    execute(f"UPDATE {QUEUE} SET vt = clock_timestamp()")
    with process(*WORKER, *QUIET):
        until(lambda: done() == (ITEMS, ITEMS))
        until(lambda: number(f"SELECT count(*) FROM {QUEUE}") == 0)
    expired = Event.objects.filter(type="item.expired").values_list("data__item_id", flat=True)
    assert sorted(expired) == sorted(Item.objects.values_list("public_id", flat=True))
