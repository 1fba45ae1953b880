"""A database in trouble: new sessions may only read, or are refused."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from django.db import connection
from psycopg.conninfo import make_conninfo

from config.postgres.broker import database_conninfo

# New sessions may only read, as on a standby; or there is no new session, as during a start.
ALTERATIONS = {
    "read-only": ("SET default_transaction_read_only = on", "RESET default_transaction_read_only"),
    "refusing": ("ALLOW_CONNECTIONS false", "ALLOW_CONNECTIONS true"),
}


def end_all_other_sessions() -> None:
    """End them, as a server does that becomes a standby or restarts."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@contextmanager
def altered(trouble: str, back: str) -> Iterator[None]:
    """Alter the database for new sessions. Sent from another database, which has no trouble."""
    name = connection.ops.quote_name(connection.settings_dict["NAME"])
    elsewhere = make_conninfo(database_conninfo(), dbname="postgres")
    with psycopg.connect(elsewhere, autocommit=True) as other:
        other.execute(f"ALTER DATABASE {name} {trouble}")
        try:
            end_all_other_sessions()
            yield
        finally:
            other.execute(f"ALTER DATABASE {name} {back}")
