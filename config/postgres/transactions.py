"""The guard of rows that must be written in the transaction of a change."""

from __future__ import annotations

from django.db import connection


def require_transaction(what: str) -> None:
    """Raise RuntimeError outside a transaction: ``what`` must not be written without its change."""
    if not connection.in_atomic_block:
        raise RuntimeError(f"{what} must be written in the transaction of its change.")
