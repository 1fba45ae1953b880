"""Sentences for database errors that people can act on; None for a defect of ours.

Each interface reports it in its own way: the API with its endpoint's 500, pages with 503, commands
with one line and exit code 2, health checks with 503. PostgreSQL rolls the transaction back, so
nothing is half done.
"""

from __future__ import annotations

from django.conf import settings
from psycopg import Error

UNREACHABLE = "The database cannot be reached."
SENTENCES = {
    "08": UNREACHABLE,  # connection exceptions
    "25006": "The database is read-only at the moment, as in a failover.",
    "25P03": "The database ended a transaction that was idle for too long.",
    "28": "The database refuses this user: check DATABASE_URL.",
    "42501": "The database's role lacks a right: run manage.py migrate, or create_roles.",
    "3D000": "The database that DATABASE_URL names does not exist.",
    "42P01": "The database has not been set up: run manage.py migrate.",
    "53100": "The database's disk is full.",
    "53200": "The database is out of memory.",
    "53300": "The database has no connection left for this server.",
    "53": "The database is short of resources.",
    "55P03": "The database was busy with the same rows for too long.",
    "57014": "The database took too long for a statement.",
    "57P": "The database is starting or stopping.",
    "58": "The database has trouble with its files.",
}
READ_ONLY = "25006"


def sentence_of(error: BaseException | None) -> str | None:
    """The sentence for a database error raised by Django; None for any other error."""
    cause = error.__cause__ if error is not None else None
    if not isinstance(cause, Error):
        return None
    state = cause.sqlstate or _state_in(cause)
    if state is None:  # not from a server: the connection failed or was lost
        return (
            UNREACHABLE if type(error).__name__ in {"OperationalError", "InterfaceError"} else None
        )
    for length in (5, 3, 2):
        if state[:length] in SENTENCES:
            return SENTENCES[state[:length]]
    return None


def _state_in(cause: Error) -> str | None:
    """The SQLSTATE of a refused connection, which libpq reports only as text."""
    text = str(cause)
    known = {
        "too many connections": "53300",
        "remaining connection slots": "53300",
        "is starting up": "57P03",
        "is shutting down": "57P03",
        "does not exist": "3D000" if "database" in text else _no_such_role(),
        "authentication failed": "28P01",
    }
    return next((state for words, state in known.items() if words in text), None)


def _no_such_role() -> str:
    """The embedded server's roles are created by the first `migrate`."""
    return "42P01" if settings.EMBEDDED else "28000"
