"""Threads with shared connections: few for all, none held while waiting, each one clean."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configured
from django.db import OperationalError, connection, connections, transaction
from pytest_django import Settings

from config.foundation.shared_connections import ConnectionHeld, give_back
from config.postgres import embedded
from config.postgres.base import prepared_cursor
from partners.models import Partner
from tests.peers.tcp_proxy import TcpProxy
from tests.processes import until
from tests.threads import sharing_threads

Submit = Callable[..., Future[Any]]
ROOT = Path(__file__).resolve().parents[3]
THREADS, FEW = 8, 2
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def threads(settings: Settings) -> Iterator[Submit]:
    """Eight threads that share two connections."""
    settings.WEB_PEER_CONNECTIONS, settings.WEB_PEER_CONNECTION_TIMEOUT = FEW, 20
    with sharing_threads(THREADS) as submit:
        yield submit


def value(statement: str, *given: Any) -> Any:
    """The single value of a query."""
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        return cursor.fetchone()[0]


def pid() -> int:
    """The process id of this thread's connection."""
    return int(value("SELECT pg_backend_pid()"))


def ended(process: int) -> None:
    """Let the server end a connection. For a thread that does not share."""
    value("SELECT pg_terminate_backend(%s, 5000)", process)
    if threading.current_thread() is not threading.main_thread():
        connection.close()


def test_it_shares_a_few_connections(threads: Submit) -> None:
    """More threads than connections work in parallel."""

    def work() -> int:
        value("SELECT pg_sleep(0.02)")
        return pid()

    found = [threads(work) for _ in range(4 * THREADS)]
    assert 1 <= len({future.result() for future in found}) <= FEW


def test_it_gives_a_connection_back_between_two_queries(threads: Submit) -> None:
    line = threading.Barrier(THREADS)

    def work() -> int:
        first = pid()
        give_back()
        line.wait(timeout=20)  # all threads wait at the same time
        assert connection.connection is None
        return first

    found = [threads(work) for _ in range(THREADS)]
    assert len({future.result() for future in found}) <= FEW


def test_it_leaves_other_threads_their_own(threads: Submit) -> None:
    """The calling thread keeps its connection."""
    mine = pid()
    give_back()
    assert connection.connection is not None
    assert pid() == mine
    assert threads(pid).result() != mine
    with transaction.atomic():
        give_back()
        assert pid() == mine


def test_it_gives_nothing_back_inside_a_transaction(threads: Submit) -> None:
    def work() -> str:
        with transaction.atomic():
            Partner.objects.create(name="Kept", slug="kept")
            with pytest.raises(ConnectionHeld):
                give_back()
            assert connection.connection is not None
        return Partner.objects.get().slug

    assert threads(work).result() == "kept"


def test_it_lends_a_connection_without_a_statement(threads: Submit) -> None:
    """The server has seen nothing since the last query, however often the connection was lent."""

    def work() -> int:
        mine = int(value("SELECT pg_backend_pid() AS seen_last"))
        for _ in range(5):
            give_back()
            connection.ensure_connection()
        return mine

    mine = threads(work).result()
    assert "seen_last" in value("SELECT query FROM pg_stat_activity WHERE pid = %s", mine)


def test_it_keeps_prepared_statements(threads: Submit, settings: Settings) -> None:
    settings.WEB_PEER_CONNECTIONS = 1

    def work(number: int) -> int:
        with prepared_cursor() as cursor:
            cursor.execute("SELECT %(number)s::int + 41 AS shared_once", {"number": number})
            found: int = cursor.fetchone()[0]
        return found

    assert [threads(work, number).result() for number in range(6)] == list(range(41, 47))
    count = "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%%shared_once%%'"
    assert threads(value, count).result() == 1


def test_it_lends_a_clean_connection(threads: Submit, settings: Settings) -> None:
    """An open transaction is rolled back, including its settings."""
    settings.WEB_PEER_CONNECTIONS = 1

    def leave() -> int:
        mine = pid()
        connection.set_autocommit(False)
        Partner.objects.create(name="Left", slug="left")
        value("SELECT set_config('sellback.by', 'somebody', true)")
        connection.close()
        return mine

    def look() -> tuple[int, bool, int, str]:
        set_by = value("SELECT coalesce(current_setting('sellback.by', true), '')")
        return pid(), connection.get_autocommit(), Partner.objects.count(), set_by

    mine = threads(leave).result()
    assert threads(look).result() == (mine, True, 0, "")


def test_it_lends_no_connection_that_the_server_has_closed(threads: Submit) -> None:
    line = threading.Barrier(FEW)

    def both() -> int:
        mine = pid()
        line.wait(timeout=20)
        return mine

    old = {future.result() for future in [threads(both) for _ in range(FEW)]}
    assert len(old) == FEW
    for process in old:
        ended(process)
    new = {future.result() for future in [threads(both) for _ in range(FEW)]}
    assert len(new) == FEW
    assert old.isdisjoint(new)


def test_it_takes_another_when_one_breaks_under_a_query(threads: Submit) -> None:
    def broken() -> int:
        mine = pid()
        with ThreadPoolExecutor(1) as other:
            other.submit(ended, mine).result()
        with pytest.raises(OperationalError):
            pid()
        return mine

    gone = threads(broken).result()
    assert threads(pid).result() != gone


def test_it_waits_no_longer_than_it_may(threads: Submit, settings: Settings) -> None:
    settings.WEB_PEER_CONNECTIONS, settings.WEB_PEER_CONNECTION_TIMEOUT = 1, 0.2
    taken, done = threading.Event(), threading.Event()

    def hold() -> None:
        connection.ensure_connection()
        taken.set()
        assert done.wait(timeout=30)

    holding = threads(hold)
    assert taken.wait(timeout=20)
    with pytest.raises(OperationalError, match="couldn't get a connection"):
        threads(pid).result()
    done.set()
    holding.result()
    assert threads(pid).result() > 0


@pytest.fixture
def wire(threads: Submit, monkeypatch: pytest.MonkeyPatch) -> Iterator[TcpProxy]:
    """A proxy between the shared connections and the server."""
    connection.ensure_connection()  # the test's own connection bypasses the proxy
    folder = embedded.join(configured.DATA_DIR, fast=True)
    with TcpProxy(f"{folder}/{embedded.SOCKET_NAME}") as proxy:
        here = connections.settings["default"]
        monkeypatch.setitem(here, "HOST", "127.0.0.1")
        monkeypatch.setitem(here, "PORT", proxy.port)
        monkeypatch.setitem(here, "OPTIONS", here["OPTIONS"] | {"sslmode": "disable"})
        yield proxy


def test_it_waits_for_a_server_that_restarts(threads: Submit, wire: TcpProxy) -> None:
    assert threads(pid).result() > 0
    wire.refuse()
    found = [threads(pid) for _ in range(THREADS)]
    wait(found, timeout=0.5)
    assert not any(future.done() for future in found)
    wire.behave()
    assert all(future.result() > 0 for future in found)


def test_it_recovers_from_an_outage(threads: Submit, wire: TcpProxy, settings: Settings) -> None:
    """Longer than a thread waits: each is refused in time, and served when the server is back."""
    settings.WEB_PEER_CONNECTION_TIMEOUT = 0.3
    wire.refuse()
    assert [served(threads) for _ in range(2 * FEW)] == [False] * 2 * FEW
    wire.behave()
    until(lambda: served(threads), seconds=20)
    assert [served(threads) for _ in range(2 * FEW)] == [True] * 2 * FEW


def served(threads: Submit) -> bool:
    try:
        return bool(threads(pid).result() > 0)
    except OperationalError:
        return False


FORK = """
import os
import django
django.setup()
from django.db import connection
from config.foundation import shared_connections as sharing

def pid():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return cursor.fetchone()[0]

sharing.share_connections()
mine = pid()
child = os.fork()
if child == 0:
    other = pid()
    sharing.give_back()
    same = pid() == other
    sharing.close()
    os._exit(0 if other != mine and same else 1)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), pid() == mine)
sharing.give_back()
print(pid() == mine)
sharing.give_back()
sharing.close()
"""


def test_it_opens_connections_of_its_own_after_a_fork() -> None:
    """The forking thread's connection stays with the parent."""
    surroundings = os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.process_settings",
        "TEST_DATABASE": connection.settings_dict["NAME"],
        "DATA_DIR": str(configured.DATA_DIR.parent),
        "PYTHONPATH": str(ROOT),
    }
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", FORK],
        env=surroundings,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("0 True\nTrue\n", "")
