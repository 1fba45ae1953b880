"""The database engine `config.postgres`: Django's own, with cheaper checks, prepared statements, the embedded server.

Without a HOST it starts or joins the embedded server when a connection is wanted. Threads that wait
for peers share connections (`sharing.py`).
"""

from __future__ import annotations

from typing import Any, cast

import psycopg
from django.conf import settings
from django.db import connection
from django.db.backends.base.base import NO_DB_ALIAS
from django.db.backends.postgresql import base
from django.db.backends.utils import CursorWrapper

from config.postgres import sharing


class DatabaseWrapper(base.DatabaseWrapper):
    """Everything is Django's own but the host and what follows."""

    def get_connection_params(self) -> dict[str, Any]:
        params: dict[str, Any] = super().get_connection_params()
        if not params.get("host") and settings.EMBEDDED:
            from config import embedded

            params["host"] = embedded.join(settings.DATA_DIR, fast=getattr(settings, "EMBEDDED_FAST", False))
        return params

    @property
    def pool(self) -> sharing.Pool | None:
        """Where Django takes a connection and returns it; None: this thread has its own."""
        if self.alias == NO_DB_ALIAS or not sharing.is_shared():
            return None
        found = sharing.pool_of(self.alias)
        if found is None:
            found = sharing.open_pool(self.alias, self.get_connection_params(), self.settings_dict)
        return found

    def close_pool(self) -> None:
        """Django calls it when new connections must differ from the old ones."""
        sharing.close()

    def is_usable(self) -> bool:
        """Whether the connection still stands, without asking the server; after an error, whether it can write."""
        return sharing.stands(self.connection) and not (self.errors_occurred and self._is_read_only())

    def _close(self) -> None:
        """A shared connection that cannot write any more is not given to another thread."""
        if sharing.is_shared() and self.connection is not None and self.errors_occurred and self._is_read_only():
            self.connection.close()
        super()._close()  # type: ignore[misc]  # Django's types leave it out

    def _is_read_only(self) -> bool:
        """Whether the server has become read-only, as the old primary does in a failover. True if it does not say."""
        try:
            row = self.connection.execute("SHOW transaction_read_only").fetchone()
        except psycopg.Error:
            return True
        return bool(row == ("on",))

    def close_if_unusable_or_obsolete(self) -> None:
        """At the end of a request, a shared connection goes back to the pool."""
        if sharing.is_shared():
            self.close()
        else:
            super().close_if_unusable_or_obsolete()

    def prepared_cursor(self) -> CursorWrapper:
        """A cursor that binds on the server: the plan of a statement is made once for each connection, not each time.

        For the few statements that are written by hand and sent on every call. The ORM's stay bound on the client.
        """
        self.close_if_health_check_failed()
        self.ensure_connection()
        ours: Any = self  # what Django's types leave out
        with ours.wrap_database_errors:
            cursor: Any = cast("Any", base.ServerBindingCursor)(ours.connection)
            cursor.tzinfo_factory = ours.tzinfo_factory
            return cast("CursorWrapper", ours._prepare_cursor(cursor))  # noqa: SLF001  (what `cursor()` does)


def join_by_index() -> None:
    """Until the open transaction ends, every row is joined by an index, and no worker process is started.

    For statements whose work is bounded by the rows they look at. A planner that expects hardly any match would read a
    whole other table instead, and be slower the larger that is.
    """
    off = ("enable_seqscan", "enable_hashjoin", "enable_mergejoin")
    settings = [*(f"SET LOCAL {way} = off" for way in off), "SET LOCAL max_parallel_workers_per_gather = 0"]
    with connection.cursor() as cursor:
        cursor.execute("; ".join(settings))


def prepared_cursor() -> CursorWrapper:
    """``prepared_cursor`` of this thread's connection."""
    return cast("DatabaseWrapper", connection).prepared_cursor()
