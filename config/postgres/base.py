"""The database engine `config.postgres`: Django's own, with cheaper checks, prepared statements, the embedded server.

Without a HOST it starts or joins the embedded server when a connection is wanted.
"""

from __future__ import annotations

import select
from typing import Any, cast

import psycopg
from django.conf import settings
from django.db import connection
from django.db.backends.postgresql import base
from django.db.backends.utils import CursorWrapper

from config.postgres import limits


class DatabaseWrapper(base.DatabaseWrapper):
    """Everything is Django's own but the host and what follows."""

    def get_connection_params(self) -> dict[str, Any]:
        params: dict[str, Any] = super().get_connection_params()
        if not params.get("host") and settings.EMBEDDED:
            from config import embedded

            params["host"] = embedded.join(settings.DATA_DIR, fast=getattr(settings, "EMBEDDED_FAST", False))
        if not settings.DATABASE_POOLED:
            params["options"] = limits.options(params.get("options", ""))
        return params

    def init_connection_state(self) -> None:
        super().init_connection_state()
        if settings.DATABASE_POOLED:
            limits.compare(self.connection)

    def is_usable(self) -> bool:
        """Whether the connection still stands, without asking the server: on an idle one there is something to read
        only if the server has hung up (or left a notice, and then it is asked).
        """
        waiting = select.poll()
        try:
            waiting.register(self.connection.fileno(), select.POLLIN)
        except psycopg.Error:  # closed on our side
            return False
        return super().is_usable() if waiting.poll(0) else True

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


def prepared_cursor() -> CursorWrapper:
    """``prepared_cursor`` of this thread's connection."""
    return cast("DatabaseWrapper", connection).prepared_cursor()
