"""Helpers for tests of kills and cuts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal

import psycopg
from django.db import connection

from buyback.models import Buyback, Payout, Transfer
from config.postgres.broker import database_conninfo
from inventory.models import Item
from partners.models import Mode
from tests.kills.conftest import Outside
from tests.kills.server import Heard, Server
from tests.processes import until
from tests.world import World

SOLD = b'{"success":true,"amount":70.13}'
FAILED = b'{"error":"Transaction failed"}'
NOT_FOUND = b'{"error":"Item not found"}'
IN_FLIGHT = b'{"error":"A buyback request for this item is already being processed"}'
FAULT = b'{"error":"An unexpected error occurred"}'
AMOUNT = Decimal("70.13")
ONCE = {"Idempotency-Key": "once"}
PATH = {"live": "/api/v1/vm/buyback", "sandbox": "/_/api/v1/vm/buyback"}


def connections(server: Server, having: str = "true") -> int:
    """The server's database connections for which ``having`` is true."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FROM pg_stat_activity WHERE application_name = %s AND {having}",
            [server.name],
        )
        return int(cursor.fetchone()[0])


def waits_for_a_lock(server: Server) -> bool:
    """Whether the server waits for a row that another transaction has locked."""
    return connections(server, "wait_event_type = 'Lock'") > 0


def wait_until_gone(server: Server) -> None:
    """Wait until the database has ended a killed server's connections."""
    until(lambda: connections(server) == 0, seconds=20)


@contextmanager
def locked(table: str, pk: int) -> Iterator[None]:
    """Another transaction locks the row during the block."""
    with psycopg.connect(database_conninfo()) as other:
        other.execute(f"SELECT FROM {table} WHERE id = %s FOR UPDATE", [pk])
        yield


def sell(server: Server, world: World, item: Item, mode: str = Mode.LIVE, **headers: str) -> Heard:
    """Request the sellback over the socket."""
    return server.call(
        "POST", PATH[mode], world.northwind.key(mode), {"item_id": item.public_id}, **headers
    )


def rows() -> list[int]:
    """The numbers of buybacks, payouts and ledger lines."""
    return [model._default_manager.count() for model in (Buyback, Payout, Transfer)]


def agree(peers: Outside) -> bool:
    """Whether the treasury paid exactly what the ledger says, and each payment once."""
    payouts = Payout.objects.select_related("buyback")
    assert len(peers.treasury.payments) == len(payouts)
    return peers.treasury.paid() == {payout.buyback.reference: payout.amount for payout in payouts}
