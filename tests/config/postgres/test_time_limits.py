"""Database time limits: by class of process, on every connection of the process."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
import structlog
from django.core.management import call_command
from django.core.management.commands import migrate
from django.db import DatabaseError, OperationalError, connection, transaction
from psycopg.errors import IdleInTransactionSessionTimeout, QueryCanceled
from pytest_django.fixtures import Settings

from buyback.ledger import invariants
from buyback.tasks import close_windows
from config.foundation import clock
from config.postgres import time_limits
from config.postgres.broker import database_conninfo
from config.settings import DATABASE_LIMITS
from tests.config.foundation.test_environment import manage
from tests.kills.scene import FAULT, SOLD, locked, sell
from tests.kills.server import Heard, Server
from tests.processes import process, until
from tests.races.test_worker import QUIET, WORKER, send
from tests.world import World, make_item

DEFAULTS = {
    "web": ("10s", "5s", "10s"),
    "worker": ("2min", "10s", "30s"),
    "migrations": ("0", "5s", "30s"),
}
NAMES = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")


def of_a_second(settings: Settings, kind: str, limit: str) -> None:
    settings.DATABASE_LIMITS = settings.DATABASE_LIMITS | {
        kind: settings.DATABASE_LIMITS[kind] | {limit: 1}
    }


def shown(cursor: Any) -> tuple[str, ...]:
    return tuple(cursor.execute(f"SHOW {name}").fetchone()[0] for name in NAMES)


@pytest.fixture
def fresh(settings: Settings, transactional_db: None) -> Iterator[Settings]:
    """The next query opens a connection with the current limits."""
    connection.close()
    yield settings
    connection.close()


@pytest.fixture(autouse=True)
def _process() -> Iterator[None]:
    before = time_limits._process
    yield
    time_limits.use(before)


@pytest.mark.parametrize("kind", DEFAULTS)
def test_a_connection_has_the_limits_of_its_class(fresh: Settings, kind: time_limits.Kind) -> None:
    fresh.DATABASE_LIMITS = fresh.SERVERS_LIMITS
    time_limits.use(kind)
    connection.ensure_connection()
    assert shown(connection.connection) == DEFAULTS[kind]


def test_the_queue_has_them_as_well(fresh: Settings) -> None:
    fresh.DATABASE_LIMITS = fresh.SERVERS_LIMITS
    time_limits.use("worker")
    with psycopg.connect(database_conninfo()) as queue:
        assert shown(queue) == DEFAULTS["worker"]


def test_a_limit_in_the_url_wins(fresh: Settings) -> None:
    fresh.DATABASE_LIMITS = fresh.SERVERS_LIMITS
    own = connection.copy()
    own.settings_dict["OPTIONS"] = own.settings_dict["OPTIONS"] | {
        "options": "-c lock_timeout=700ms"
    }
    own.ensure_connection()
    assert shown(own.connection) == ("10s", "700ms", "10s")
    own.close()


def test_it_ends_a_statement(fresh: Settings) -> None:
    of_a_second(fresh, "web", "statement")
    with connection.cursor() as cursor, pytest.raises(OperationalError) as caught:
        cursor.execute("SELECT pg_sleep(30)")
    assert isinstance(caught.value.__cause__, QueryCanceled)


def test_it_ends_a_transaction_that_does_nothing_and_the_next_one_works(fresh: Settings) -> None:
    of_a_second(fresh, "web", "idle_in_transaction_session")

    def do_nothing() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            time.sleep(1.5)
            cursor.execute("SELECT 1")

    with pytest.raises(DatabaseError) as caught:
        do_nothing()
    assert isinstance(caught.value.__cause__, IdleInTransactionSessionTimeout)
    connection.close_if_unusable_or_obsolete()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def test_it_ends_no_check_of_the_books(fresh: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """A large ledger takes minutes, and the command waits."""
    of_a_second(fresh, "web", "statement")
    slow = [("a slow rule", "SELECT 'broken' FROM pg_sleep(1.5)")]
    with monkeypatch.context() as patch:
        patch.setattr(invariants, "rules", lambda: iter(slow))
        assert [finding.rows for finding in invariants.broken_invariants()] == [["broken"]]
    with connection.cursor() as cursor:
        assert shown(cursor.cursor)[0] == "1s"


def test_migrations_have_their_limits_from_any_command(
    fresh: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh.DATABASE_LIMITS, found = fresh.SERVERS_LIMITS, []

    def look(*args: object, **options: object) -> None:
        connection.ensure_connection()
        found.append(shown(connection.connection))

    monkeypatch.setattr(migrate.Command, "handle", look)
    time_limits.use("worker")
    look()
    call_command("migrate")
    look()
    assert found == [DEFAULTS["worker"], DEFAULTS["migrations"], DEFAULTS["worker"]]


def test_a_command_is_of_the_workers_class(tmp_path: Path) -> None:
    script = "from config.postgres import time_limits; print(time_limits.options())"
    said = manage(tmp_path, "shell", "--no-imports", "-c", script, WORKER_LOCK_TIMEOUT="7").stdout
    expected = (
        "-c statement_timeout=120000 -c lock_timeout=7000 -c "
        "idle_in_transaction_session_timeout=30000"
    )
    assert said.strip() == expected


def test_behind_a_pooler_the_roles_have_them_and_it_says_what_is_missing(fresh: Settings) -> None:
    """PgBouncer refuses the option, so nothing is sent, and the role's limits are compared."""
    fresh.DATABASE_POOLED, fresh.DATABASE_LIMITS = True, fresh.SERVERS_LIMITS
    time_limits._complained.clear()
    with structlog.testing.capture_logs() as logs:
        connection.ensure_connection()
        connection.close()
        connection.ensure_connection()
    assert shown(connection.connection) == ("0", "0", "0")
    (line,) = logs
    assert (line["event"], line["process"], line["log_level"]) == (
        "database_limits_differ",
        "web",
        "warning",
    )
    assert line["found_ms"] == dict.fromkeys(NAMES, 0)
    assert line["wanted_ms"] == dict(zip(NAMES, (10_000, 5_000, 10_000), strict=True))


def test_behind_a_pooler_it_says_nothing_where_the_roles_are_right(fresh: Settings) -> None:
    fresh.DATABASE_POOLED = True
    time_limits._complained.clear()
    with structlog.testing.capture_logs() as logs:
        connection.ensure_connection()
    assert logs == []


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("leaves_no_connection")
def test_worker_and_web_server_have_their_own(world: World) -> None:
    """Each waits for a row that this test locks, for one second as its class allows."""
    own = {kind: dict.fromkeys(DATABASE_LIMITS["web"], 60) for kind in DEFAULTS}
    item = make_item(world.northwind.live, expires_at=clock.now() - timedelta(seconds=1))
    with (
        locked("partners_environment", item.environment_id),
        process(
            *WORKER, *QUIET, DATABASE_LIMITS=own | {"worker": own["worker"] | {"lock": 1}}
        ) as worker,
    ):
        send(close_windows)
        until(lambda: "canceling statement due to lock timeout" in worker.said())
    server = Server(DATABASE_LIMITS=own | {"web": own["web"] | {"lock": 1}})
    server.start()
    try:
        held = make_item(world.northwind.sandbox, now=clock.now())
        with locked("inventory_item", held.pk):
            assert sell(server, world, held, "sandbox") == Heard(500, FAULT, replayed=False)
        assert sell(server, world, held, "sandbox") == Heard(200, SOLD, replayed=False)
    finally:
        server.kill()
