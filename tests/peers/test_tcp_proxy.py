"""The proxy in front of PostgreSQL: the effect of each kind of lost connection."""

from __future__ import annotations

import time
from collections.abc import Iterator

import psycopg
import pytest
from django.db import connection

from tests.peers.tcp_proxy import TO_CLIENT, TO_SERVER, TcpProxy

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def proxy(transactional_db: None) -> Iterator[TcpProxy]:
    connection.ensure_connection()
    server = connection.connection.info
    with TcpProxy(f"{server.host}/.s.PGSQL.{server.port}") as running:
        yield running


def connect(proxy: TcpProxy) -> psycopg.Connection[tuple[str]]:
    server = connection.connection.info
    return psycopg.connect(
        host="127.0.0.1", port=proxy.port, user=server.user, dbname=server.dbname, sslmode="disable"
    )


def status_of(transaction_id: str) -> str:
    """The server's status of the transaction, read directly."""
    with connection.cursor() as cursor:
        for _ in range(500):
            cursor.execute("SELECT pg_xact_status(%s::text::xid8)", [transaction_id])
            status = str(cursor.fetchone()[0])
            if status != "in progress":
                return status
            time.sleep(0.02)
    return status


def begun(through: psycopg.Connection[tuple[str]]) -> str:
    row = through.execute("SELECT pg_current_xact_id()::text").fetchone()
    assert row is not None
    return row[0]


def test_it_forwards(proxy: TcpProxy) -> None:
    with connect(proxy) as through:
        assert through.execute("SELECT repeat('x', 1000000)").fetchone() == ("x" * 1_000_000,)
        transaction_id = begun(through)
    through.close()
    assert status_of(transaction_id) == "committed"


def test_it_loses_the_answer_of_a_commit_that_happened(proxy: TcpProxy) -> None:
    through = connect(proxy)
    transaction_id = begun(through)
    proxy.lose_answer(b"COMMIT")
    with pytest.raises(psycopg.OperationalError):
        through.commit()
    assert proxy.fired.is_set()
    assert status_of(transaction_id) == "committed"
    through.close()


def test_it_cuts_before_a_commit_that_then_never_happens(proxy: TcpProxy) -> None:
    through = connect(proxy)
    transaction_id = begun(through)
    proxy.cut_before(b"COMMIT")
    with pytest.raises(psycopg.OperationalError):
        through.commit()
    assert proxy.fired.is_set()
    assert status_of(transaction_id) == "aborted"
    through.close()


def test_it_loses_the_answer_of_a_statement_that_commits_by_itself(proxy: TcpProxy) -> None:
    through = connect(proxy)
    through.autocommit = True
    proxy.lose_answer(b"pg_advisory")
    with pytest.raises(psycopg.OperationalError):
        through.execute("SELECT pg_advisory_xact_lock(1)")
    through.close()
    with connect(proxy) as again:
        assert again.execute("SELECT 'well'").fetchone() == ("well",)
    again.close()


def test_it_cuts_now(proxy: TcpProxy) -> None:
    through = connect(proxy)
    transaction_id = begun(through)
    proxy.cut()
    with pytest.raises(psycopg.OperationalError):
        through.execute("SELECT 1")
    assert status_of(transaction_id) == "aborted"
    through.close()


@pytest.mark.parametrize("direction", [TO_CLIENT, TO_SERVER])
def test_it_cuts_after_so_many_bytes(proxy: TcpProxy, direction: str) -> None:
    through = connect(proxy)
    proxy.cut_after_bytes(2000, direction)
    with pytest.raises(psycopg.OperationalError):
        through.execute("SELECT %s::text", ["x" * 10_000])
    assert proxy.fired.is_set()
    through.close()


def test_it_refuses_until_it_is_reset(proxy: TcpProxy) -> None:
    proxy.refuse()
    with pytest.raises(psycopg.OperationalError):
        connect(proxy)
    proxy.behave()
    connect(proxy).close()


def test_it_delays(proxy: TcpProxy) -> None:
    through = connect(proxy)
    through.execute("SET statement_timeout = '5s'")
    proxy.delay(0.1)
    started = time.monotonic()
    assert through.execute("SELECT 'late'").fetchone() == ("late",)
    assert time.monotonic() - started >= 0.2
    through.close()
