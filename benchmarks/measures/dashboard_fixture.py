"""Rows for the dashboard's pages other than items and sellbacks, in a copy of the world.

Actions create a few; the request log and the audit log, which grow with the calls, are inserted.
"""

from __future__ import annotations

import json
from itertools import count
from typing import Any

from benchmarks.world import Database

ADDRESS = {
    "name": "A B",
    "line1": "1 Bench Street",
    "city": "Mountain View",
    "state": "CA",
    "postal_code": "94043",
}
SHIPPED = 3  # items shipped in one order
DEEDS = 10_000  # entries of the audit log
SOLD_AT_ONCE = 1_000  # items of the bulk sellback: the maximum
CALLS = """
INSERT INTO partners_apicall (environment_id, key_id, method, path, status, microseconds,
request_id, sent, answered,
                              created_at)
SELECT %(environment)s, (SELECT min(id) FROM partners_apikey
WHERE environment_id = %(environment)s), 'POST',
       '/vm/buyback', CASE WHEN n %% 500 = 0 THEN 400 ELSE 200 END, 900 + n %% 700, 'bench-' || n,
       '{"item_id":"bench"}', '{"success":true,"amount":98.5}',
       now() - n * interval '2592000 s' / %(rows)s
  FROM generate_series(%(rows)s, 1, -1) n
"""
ENTRIES = """
INSERT INTO partners_auditentry (partner_id, actor, action, target, after, request_id, created_at)
SELECT partner_id, 'user:owner@bench.test', 'member.role_changed', 'Bench', '{"role": "viewer"}',
'bench-' || n,
       now() - n * interval '1 minute'
  FROM partners_environment, generate_series(%(rows)s, 1, -1) n
 WHERE partners_environment.id = %(environment)s
"""


def fill_dashboard(database: Database) -> None:
    """A bulk sellback, an order, a member, an invitation, statements, tallies, and long logs."""
    from buyback.ledger.statements import close_statements
    from config.postgres import time_limits
    from inventory.tallies import count_items
    from partners.models import Environment
    from partners.people import invitations, team
    from partners.records.actor import SYSTEM

    here = Environment.objects.select_related("partner").get(pk=database.environment)
    with time_limits.using("worker"):  # with the worker's rights
        close_statements()
        count_items()
    invitations.invite(partner=here.partner, email="invited@bench.test", role="viewer", by=SYSTEM)
    team.add_member(partner=here.partner, email="member@bench.test", role="viewer", by=SYSTEM)
    _sell_many(here)
    _ship(here, database.key)
    with database.connect() as connection:
        for statement, rows in ((CALLS, max(1_000, database.world.items // 10)), (ENTRIES, DEEDS)):
            connection.execute(
                statement.encode(), {"environment": database.environment, "rows": rows}
            )
        connection.execute("ANALYZE")


def _sell_many(here: Any) -> None:
    """Created and not started, because there is no worker."""
    from uuid import uuid4

    from buyback.bulk import run
    from inventory.models import Item
    from partners.records.actor import SYSTEM

    rows = (
        Item.objects.of(here)
        .filter(state="held")
        .order_by("-id")
        .values_list("pk", "buyback_price")[:SOLD_AT_ONCE]
    )
    run.start(environment=here, token=uuid4(), chosen=list(rows), by=SYSTEM, now=here.now())


def _ship(here: Any, key: str) -> None:
    """An order, by the two calls that create one."""
    from django.test import Client

    from inventory.models import Collector, Item

    numbers, client = count(), Client(headers={"host": "localhost", "X-API-Key": key})

    def ask(path: str, sent: dict[str, Any]) -> dict[str, Any]:
        answer = client.post(
            f"/api/v1/ship/{path}", json.dumps(sent), content_type="application/json"
        )
        if answer.status_code != 200:
            raise RuntimeError(f"call {next(numbers)} to {path}: {answer.content!r}")
        found: dict[str, Any] = answer.json()
        return found

    held = Item.objects.of(here).filter(
        state="held", collector=Collector.objects.of(here).order_by("-id").first()
    )
    ids = held.order_by("id").values_list("public_id", flat=True)[:SHIPPED]
    offer = ask("quote", {"item_ids": list(ids), "destination": ADDRESS | {"country": "US"}})
    ask("request", {"quote_id": offer["quotes"][0]["id"]})
