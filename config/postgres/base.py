"""The database engine `config.postgres`: Django's, with the changes below.

It has cheaper checks, prepared statements and the embedded server. Without a HOST it starts or
joins the embedded server at the first connection. Threads that wait for peers share connections
(`config/foundation/shared_connections.py`).
"""

from __future__ import annotations

from types import TracebackType
from typing import Any, cast

from django.conf import settings
from django.db import connection
from django.db.backends.base.base import NO_DB_ALIAS
from django.db.backends.postgresql import base
from django.db.backends.utils import CursorWrapper
from django.db.utils import DatabaseErrorWrapper
from django.utils.functional import cached_property
from psycopg.errors import ReadOnlySqlTransaction

from config.foundation import shared_connections
from config.postgres import time_limits


class NoticingErrors(DatabaseErrorWrapper):
    """Marks the connection to a server that became read-only, as the old primary in a failover.

    Such a server stays read-only. A rollback succeeds there, after which Django would consider the
    connection usable.
    """

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if isinstance(error, ReadOnlySqlTransaction):
            cast("Any", self).wrapper.is_read_only = True
        super().__exit__(kind, error, trace)


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's wrapper; only the host and the methods below differ."""

    is_read_only = False

    def get_connection_params(self) -> dict[str, Any]:
        stored = self.settings_dict
        self.settings_dict = stored | time_limits.login()
        try:
            params: dict[str, Any] = super().get_connection_params()
        finally:
            self.settings_dict = stored
        if not params.get("host") and settings.EMBEDDED:
            from config.postgres import embedded

            params["host"] = embedded.join(
                settings.DATA_DIR, fast=getattr(settings, "EMBEDDED_FAST", False)
            )
        if not settings.DATABASE_POOLED:
            params["options"] = time_limits.options(params.get("options", ""))
        return params

    @property
    def pool(self) -> shared_connections.Pool | None:
        """The pool that Django uses, or None if this thread has its own connection."""
        if self.alias == NO_DB_ALIAS or not shared_connections.is_shared():
            return None
        found = shared_connections.pool_of(self.alias)
        if found is None:
            found = shared_connections.open_pool(
                self.alias, self.get_connection_params(), self.settings_dict
            )
        return found

    def close_pool(self) -> None:
        """Django calls it before connections with other settings."""
        shared_connections.close()

    @cached_property
    def wrap_database_errors(self) -> DatabaseErrorWrapper:
        """Django's wrapper, which also notices a connection that can no longer write."""
        return NoticingErrors(self)

    def init_connection_state(self) -> None:
        """A new connection is assumed writable."""
        self.is_read_only = False
        super().init_connection_state()
        if settings.DATABASE_POOLED:
            time_limits.compare(self.connection)

    def is_usable(self) -> bool:
        """Whether the connection still works, without a round trip."""
        return shared_connections.stands(self.connection)

    def _close(self) -> None:
        """Do not give a read-only connection back to other threads."""
        if self.is_read_only and self.connection is not None:
            self.connection.close()
        super()._close()  # type: ignore[misc]  # missing in Django's types

    def close_if_unusable_or_obsolete(self) -> None:
        """At the end of a request, return a shared connection and close a read-only one."""
        if shared_connections.is_shared() or (self.is_read_only and not self.in_atomic_block):
            self.close()
        else:
            super().close_if_unusable_or_obsolete()

    def prepared_cursor(self) -> CursorWrapper:
        """A cursor that binds on the server, so that a connection plans a statement only once.

        For the few hand-written statements of frequent calls. The ORM's statements bind on the
        client.
        """
        self.close_if_health_check_failed()
        self.ensure_connection()
        ours: Any = self  # missing in Django's types
        with ours.wrap_database_errors:
            cursor: Any = cast("Any", base.ServerBindingCursor)(ours.connection)
            cursor.tzinfo_factory = ours.tzinfo_factory
            return cast("CursorWrapper", ours._prepare_cursor(cursor))  # noqa: SLF001  (what `cursor()` does)


def join_by_index() -> None:
    """Until the transaction ends, join every row by index and without parallel workers.

    For statements whose work is bounded by the rows they read. A planner that expects few matches
    would read another table whole, which is slower the larger that table is.
    """
    off = ("enable_seqscan", "enable_hashjoin", "enable_mergejoin")
    settings = [
        *(f"SET LOCAL {way} = off" for way in off),
        "SET LOCAL max_parallel_workers_per_gather = 0",
    ]
    with connection.cursor() as cursor:
        cursor.execute("; ".join(settings))


def prepared_cursor() -> CursorWrapper:
    """``prepared_cursor`` of this thread's connection."""
    return cast("DatabaseWrapper", connection).prepared_cursor()
