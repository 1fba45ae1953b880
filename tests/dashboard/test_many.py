"""200,000 sales: no list reads a table from end to end, and no file is ever whole in memory."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from buyback.dashboard import payouts
from buyback.models import Payout
from buyback.statements import close_statements
from config.keyset import CHUNK
from tests.dashboard.steps import signed_in
from tests.world import World, make_collector, make_pack, make_purchase

pytestmark = [pytest.mark.slow, pytest.mark.breaks_books(reason="rows as many as a test can make, not whole worlds")]

MANY = 200_000
BIG = r"Seq Scan on (buyback_\w+|inventory_item|inventory_collector|partners_event)"
# A sale a minute and a half, up to now; every thousandth failed, every ten-thousandth is open; a handful by a member.
FILL = """
INSERT INTO inventory_collector (id, environment_id, user_id, created_at)
SELECT 1000000 + n, %(env)s, 'many-' || n, now() FROM generate_series(1, 5000) n;
INSERT INTO inventory_card (id, source_type, mint_address, collection_address, token_standard, name, image, back_image,
                            attributes, fmv, priced_at, created_at)
SELECT 1000000 + n, 'enft', 'many-' || n, '', '', 'Many ' || n, '', '', '[]', 10, now(), now()
  FROM generate_series(1, 2000) n;
INSERT INTO inventory_item (id, environment_id, mode, public_id, card_id, collector_id, pack_id, purchase_id, state,
                            fmv, buyback_percent, buyback_price, purchased_at, sold_at)
SELECT 1000000 + n, %(env)s, 'live', 'many-' || n, 1000001 + n %% 2000, 1000001 + n %% 5000, %(pack)s,
       %(purchase)s, 'sold', 10 + n %% 900, 0.85, round((10 + n %% 900) * 0.85, 2), at - interval '1 hour', at
  FROM generate_series(1, %(many)s) n, LATERAL (SELECT now() - n * interval '90 s' AS at) t;
INSERT INTO buyback_buyback (id, environment_id, item_id, state, fmv, buyback_percent, mint_price, voucher, priced_at,
                             amount, requested_by, failure_reason, created_at, completed_at, submitted_at, lease_until)
SELECT uuidv7(), %(env)s, id, became, fmv, 0.85, 25, false, purchased_at, buyback_price,
       CASE WHEN id %% 20000 = 7 THEN 'user:ops@x.test' ELSE 'key:many' END, '', sold_at,
       CASE WHEN became <> 'unknown' THEN sold_at END, CASE WHEN became <> 'settled' THEN sold_at END,
       CASE WHEN became = 'unknown' THEN sold_at END
  FROM inventory_item, LATERAL (SELECT CASE WHEN id %% 10000 = 1 THEN 'unknown' WHEN id %% 1000 = 2 THEN 'failed'
                                            ELSE 'settled' END AS became) s WHERE id > 1000000;
INSERT INTO buyback_payout (id, environment_id, buyback_id, collector_id, amount, state, created_at, paid_at)
SELECT uuidv7(), %(env)s, b.id, i.collector_id, b.amount, 'paid', b.created_at, b.created_at
  FROM buyback_buyback b JOIN inventory_item i ON i.id = b.item_id WHERE b.state = 'settled';
INSERT INTO buyback_transfer (id, environment_id, buyback_id, debit, credit, amount, created_at)
SELECT uuidv7(), %(env)s, id, 'treasury', 'paid_out', amount, created_at
  FROM buyback_buyback WHERE state = 'settled';
"""


@pytest.fixture
def many(world: World) -> Client:
    """A member of Northwind, whose live environment has sold as many; without triggers and references, to be quick."""
    live = world.northwind.live
    purchase = make_purchase(make_collector(live), pack=make_pack(slug="box"))
    values: dict[str, Any] = {"env": live.pk, "pack": purchase.pack_id, "purchase": purchase.pk, "many": MANY}
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET LOCAL session_replication_role = replica")
        cursor.execute(FILL, values)
        cursor.execute("SET LOCAL session_replication_role = origin")
        for table in ("inventory_card", "inventory_collector", "inventory_item", "inventory_pack", "buyback_buyback"):
            cursor.execute(f"ANALYZE {table}")
        cursor.execute("ANALYZE buyback_payout, buyback_transfer")
    close_statements()
    return signed_in(world.northwind.viewer)


def test_it_reads_no_table_from_end_to_end_and_exports_in_chunks(many: Client) -> None:
    """One test, because the rows take longer than the looks."""
    assert offences(many, addresses()) == {}
    with CaptureQueriesContext(connection) as asked:
        read = sum(1 for _ in islice(payouts.lines(Payout.objects.filter(environment__mode="live")), 10 * CHUNK))
    assert (read, len(asked)) == (10 * CHUNK, 10)
    assert all(query["sql"].endswith(f"LIMIT {CHUNK}") for query in asked)


def addresses() -> Iterator[str]:
    """Both lists with each filter alone and with all of them, and the statements."""
    filters = ("", "state=failed", "state=open", "when=yesterday", "user=many-17", "by=user:ops@x.test", "min=900")
    together = "when=week&state=settled&user=many-17&min=5&pack=box&by=key:many"
    for query in (*filters, "pack=box", "pack=none", "by=key:many", "by=key:none", together):
        yield f"buybacks/?{query}"
        yield f"payouts/?{query.replace('settled', 'paid').replace('open', 'pending')}"
    yield "statements/"


def offences(client: Client, paths: Iterator[str]) -> dict[str, set[str]]:
    """For each page, the big tables that a statement of its would read from end to end."""
    found = {}
    for path in paths:
        with CaptureQueriesContext(connection) as asked:
            assert client.get(f"/dashboard/live/{path}").status_code == 200
        plans = " ".join(plan(query["sql"]) for query in asked if query["sql"].startswith("SELECT"))
        if seen := set(re.findall(BIG, plans)):
            found[path] = seen
    return found


def plan(statement: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {statement}".replace("%", "%%"), [])
        return "\n".join(row[0] for row in cursor.fetchall())
