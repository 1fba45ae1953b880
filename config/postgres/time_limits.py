"""Limits for statements, lock waits and idle transactions, by class of process.

The classes are ``web`` (the server's processes, and the default), ``worker`` (Celery),
``commands``, ``migrations`` and ``roles`` (`create_roles`). ``settings.DATABASE_LIMITS`` has their
limits in seconds, 0 is no limit; ``settings.DATABASE_LOGINS`` says which log in as another role. A
direct connection sends the limits when it connects, so they cost no statement and apply to every
connection of the process, including the queue's.

Behind a transaction pooler nothing is sent: PgBouncer refuses the option, and a SET would remain on
a server connection that other clients use. There the database's roles need the limits
(docs/operate.md), and a process with other limits says so in its log.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

import structlog
from django.conf import settings
from django.db import OperationalError, connection
from psycopg.errors import LockNotAvailable

log = structlog.get_logger(__name__)

Kind = Literal["web", "worker", "commands", "migrations", "roles"]
# Commands log in like the web server, because people start them for the same work.
LIMITS_OF = {"commands": "worker", "roles": "migrations"}

INTERRUPTED = (
    "ProcessInterrupts"  # PostgreSQL's function that cancels a statement; messages are translated
)
_process: Kind = "web"
_complained: set[str] = set()


def use(kind: Kind) -> None:
    """Set the class of this process and of its forks, for new connections."""
    global _process  # noqa: PLW0603
    _process = kind


@contextmanager
def using(kind: Kind) -> Iterator[None]:
    """Set another class for a block, on separate connections unless a transaction is open."""
    before, alone = _process, not connection.in_atomic_block
    use(kind)
    if alone:
        connection.close()
    try:
        yield
    finally:
        use(before)
        if alone:
            connection.close()


def wanted() -> dict[str, int]:
    """PostgreSQL's settings for this process, in milliseconds; 0 is no limit."""
    limits: dict[str, int] = settings.DATABASE_LIMITS[LIMITS_OF.get(_process, _process)]
    return {f"{name}_timeout": seconds * 1000 for name, seconds in limits.items()}


def login() -> dict[str, Any]:
    """What differs from ``settings.DATABASES`` when this process logs in."""
    found: dict[str, Any] = settings.DATABASE_LOGINS.get(_process, {})
    return found


def options(given: str = "") -> str:
    """libpq's ``options`` for a direct connection. Options in DATABASE_URL come last and win."""
    ours = " ".join(f"-c {name}={milliseconds}" for name, milliseconds in wanted().items())
    return f"{ours} {given}".strip()


def compare(session: Any) -> None:
    """Log once which limits a pooled connection lacks. ``session``: psycopg's connection."""
    with session.cursor() as cursor:
        cursor.execute(
            "SELECT name, setting FROM pg_settings WHERE name = ANY(%s)", [list(wanted())]
        )
        found = {name: int(setting) for name, setting in cursor.fetchall()}
    if found != wanted() and _process not in _complained:
        _complained.add(_process)
        log.warning("database_limits_differ", process=_process, found_ms=found, wanted_ms=wanted())


def gave_up_waiting(error: OperationalError) -> bool:
    """Whether a lock wait took too long. NOWAIT, which does not wait, has the same SQLSTATE."""
    refused = error.__cause__
    return isinstance(refused, LockNotAvailable) and refused.diag.source_function == INTERRUPTED


@contextmanager
def statements_of_any_length() -> Iterator[None]:
    """No statement limit until the transaction ends, for work that is bounded by other means.

    Lock waits stay limited.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout TO 0")
        yield
        cursor.execute("SET LOCAL statement_timeout TO DEFAULT")
