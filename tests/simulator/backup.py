"""A backup of all rows that a sellback or an order writes, and its restore."""

from __future__ import annotations

from django.db import connection
from django.db.models import Model

from buyback.models import Alert, Buyback, Move, Payout, Transfer
from inventory.models import Item, ShippedItem, ShippingOrder, ShippingQuote
from partners.models import Event, Spend, SpendSlot

TABLES: tuple[type[Model], ...] = (
    *(Item, Buyback, Move, Transfer, Payout, Spend, SpendSlot, Alert, Event),
    *(ShippingQuote, ShippingOrder, ShippedItem),
)


class Backup:
    """The current rows in their textual form."""

    def __init__(self) -> None:
        self._rows = {model._meta.db_table: _read(model._meta.db_table) for model in TABLES}

    def restore(self) -> None:
        """Restore the tables, with triggers and references disabled as in a real restore."""
        with connection.cursor() as cursor:
            cursor.execute("BEGIN; SET LOCAL session_replication_role = replica")
            for table, rows in self._rows.items():
                cursor.execute(f"DELETE FROM {table}")
                cursor.execute(
                    f"INSERT INTO {table} SELECT (line::{table}).* FROM unnest(%s::text[]) line",
                    [rows],
                )
            cursor.execute("COMMIT")


def _read(table: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {table}::text FROM {table}")
        return [row[0] for row in cursor.fetchall()]
