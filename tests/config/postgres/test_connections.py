"""The database engine: no ping of idle connections, prepared hand-written statements."""

from __future__ import annotations

import time

import pytest
from django.db import connection

from config.postgres.base import prepared_cursor

pytestmark = pytest.mark.django_db


def test_it_prepares_a_statement_once() -> None:
    for number in (1, 2, 3):
        with prepared_cursor() as cursor:
            cursor.execute("SELECT %(number)s::int + 41 AS once_only", {"number": number})
            assert cursor.fetchone() == (number + 41,)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%once_only%'"
        )
        assert cursor.fetchone() == (1,)


def test_it_finds_a_standing_connection_usable() -> None:
    connection.ensure_connection()
    assert connection.is_usable()


def test_it_notices_that_the_server_has_hung_up() -> None:
    other = connection.copy()
    other.ensure_connection()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [other.connection.info.backend_pid])
    until = time.monotonic() + 5
    while other.is_usable() and time.monotonic() < until:
        pass
    assert not other.is_usable()
    other.close()


def test_it_notices_a_connection_closed_here() -> None:
    other = connection.copy()
    other.ensure_connection()
    other.connection.close()
    assert not other.is_usable()
