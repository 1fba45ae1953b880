"""Hand-written statements: read from their files and run."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from config.postgres.base import prepared_cursor


def read(path: Path) -> str:
    """The statement in a file, without comments and indentation.

    It is shorter then, so psycopg finds its parameters faster.
    """
    return " ".join(re.sub(r"--.*", "", path.read_text(encoding="utf-8")).split())


def run(statement: str, parameters: Mapping[str, Any]) -> tuple[Any, ...] | None:
    """Run a prepared statement in the open transaction; returns its first row, or None."""
    with prepared_cursor() as cursor:
        cursor.execute(statement, parameters)
        row: tuple[Any, ...] | None = cursor.fetchone()
        return row


def run_durably(statement: str, parameters: Mapping[str, Any]) -> tuple[Any, ...] | None:
    """As ``run``, in a separate transaction: when it returns, the changes are committed.

    Raises RuntimeError inside an open transaction, as ``atomic(durable=True)`` does.
    """
    # Outside a transaction the statement commits by itself, without BEGIN and COMMIT.
    alone = transaction.atomic(durable=True) if connection.in_atomic_block else nullcontext()
    with alone:
        return run(statement, parameters)
