"""Plans for two million sellbacks and windows: no list reads a whole table, exports use chunks.

The statistics say that a few thousand rows are ``FACTOR`` times as many, so the planner plans for
that.
"""

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
from buyback.ledger.statements import close_statements
from buyback.models import Payout
from config.foundation.keyset import CHUNK
from partners.dashboard import paging
from tests.dashboard.steps import signed_in
from tests.world import World, make_collector, make_pack, make_purchase

pytestmark = [
    pytest.mark.slow,
    pytest.mark.breaks_books(reason="rows as many as a test can make, not whole worlds"),
]

MANY = 3_000  # of each
FACTOR = 600
BIG = (
    r"Seq Scan on "
    r"(buyback_(?!statement)\w+|inventory_(?:item|collector|usertally|ship\w+)|partners_event)"
)
# A query over all users' open windows, and the index with their order.
WINDOWS, WINDOW_OPEN = (
    r'"expires_at" >= (?!.*"collector_id" (?:=|IN) )',
    "inventory_item_window_open",
)
# A sellback an hour, up to now: every hundredth failed, every thousandth open, a few by a member.
# And as many items with windows, one closing each minute.
FILL = """
INSERT INTO inventory_collector (id, environment_id, user_id, created_at)
SELECT 1000000 + n, %(env)s, 'many-' || n, now() FROM generate_series(1, 500) n;
INSERT INTO inventory_card (id, source_type, mint_address, collection_address, token_standard, name,
image, back_image,
                            attributes, fmv, priced_at, created_at)
SELECT 1000000 + n, 'enft', 'many-' || n, '', '', 'Many ' || n, '', '', '[]', 10, now(), now()
  FROM generate_series(1, 200) n;
INSERT INTO inventory_item (id, environment_id, mode, public_id, card_id, collector_id, pack_id,
purchase_id, state,
                            fmv, buyback_percent, buyback_price, purchased_at, sold_at)
SELECT 1000000 + n, %(env)s, 'live', 'many-' || n, 1000001 + n %% 200, 1000001 + n %% 500, %(pack)s,
       %(purchase)s, 'sold', 10 + n %% 900, 0.85, round((10 + n %% 900) * 0.85, 2),
       at - interval '1 hour', at
  FROM generate_series(1, %(many)s) n, LATERAL (SELECT now() - n * interval '1 hour' AS at) t;
INSERT INTO buyback_buyback (id, environment_id, item_id, state, fmv, buyback_percent, mint_price,
voucher, priced_at,
                             amount, requested_by, created_at, completed_at,
                             submitted_at, lease_until)
SELECT uuidv7(), %(env)s, id, became, fmv, 0.85, 25, false, purchased_at, buyback_price,
       CASE WHEN id %% 1000 = 7 THEN 'user:ops@x.test' ELSE 'key:many' END, sold_at,
       CASE WHEN became <> 'unknown' THEN sold_at END,
       CASE WHEN became <> 'settled' THEN sold_at END,
       CASE WHEN became = 'unknown' THEN sold_at END
  FROM inventory_item, LATERAL (SELECT CASE WHEN id %% 1000 = 1 THEN 'unknown' WHEN id %% 100 = 2
  THEN 'failed'
                                            ELSE 'settled' END AS became) s WHERE id > 1000000;
INSERT INTO buyback_payout (id, environment_id, buyback_id, collector_id, amount, state, created_at,
paid_at)
SELECT uuidv7(), %(env)s, b.id, i.collector_id, b.amount, 'paid', b.created_at, b.created_at
  FROM buyback_buyback b JOIN inventory_item i ON i.id = b.item_id WHERE b.state = 'settled';
INSERT INTO buyback_transfer (id, environment_id, buyback_id, debit, credit, amount, created_at)
SELECT uuidv7(), %(env)s, id, 'treasury', 'paid_out', amount, created_at
  FROM buyback_buyback WHERE state = 'settled';
INSERT INTO inventory_card (id, source_type, mint_address, collection_address, token_standard, name,
image, back_image,
                            attributes, fmv, priced_at, created_at)
SELECT 3000000 + n, 'enft', 'held-' || n, '', '', 'Held ' || n, '', '', '[]', 10 + n %% 900, now(),
now()
  FROM generate_series(1, %(many)s) n;
INSERT INTO inventory_item (id, environment_id, mode, public_id, card_id, collector_id, pack_id,
purchase_id, state,
                            fmv, buyback_percent, buyback_price, purchased_at, expires_at)
SELECT 3000000 + n, %(env)s, 'live', 'held-' || n, 3000000 + n, 1000001 + n %% 500, %(pack)s,
%(purchase)s, 'held',
       10 + n %% 900, 0.85, round((10 + n %% 900) * 0.85, 2), now(), now() + n * interval '1 min'
  FROM generate_series(1, %(many)s) n;
INSERT INTO inventory_usertally (environment_id, collector_id, size, value, latest)
SELECT environment_id, collector_id, count(*), sum(buyback_price), max(purchased_at)
  FROM inventory_item WHERE state = 'held' GROUP BY environment_id, collector_id;
INSERT INTO inventory_shippingorder (id, environment_id, public_id, state, carrier, service,
insured, amount,
                                     destination, requested_by, created_at, processing_at,
                                     labelled_at, shipped_at,
                                     delivered_at)
SELECT 1000000 + n, %(env)s, 'order_' || lpad(n::text, 16, '0'), became, 'Phygitals', 'Standard',
false, 5,
       '{"city": "Mountain View", "country": "US"}', 'key:many', at, at,
       CASE WHEN became <> 'processing' THEN at END,
       CASE WHEN became = 'delivered' THEN at END, CASE WHEN became = 'delivered' THEN at END
  FROM generate_series(1, %(many)s) n, LATERAL (SELECT now() - n * interval '1 hour' AS at,
       CASE WHEN n %% 1000 = 7 THEN 'processing' WHEN n %% 100 = 7 THEN 'label_created'
            ELSE 'delivered' END AS became) t;
INSERT INTO inventory_shippeditem (id, environment_id, order_id, item_id, released)
SELECT 1000000 + n, %(env)s, 1000000 + n, 3000000 + n, false FROM generate_series(1, %(many)s) n;
INSERT INTO partners_event (id, environment_id, type, data, created_at)
SELECT uuidv7(), %(env)s, 'buyback.completed', '{}',
now() - n * interval '1 min' FROM generate_series(1, %(many)s) n;
"""
# ANALYZE's results multiplied. A table's number of pages is read from its file, its rows from here.
TELL = """
SELECT pg_restore_relation_stats('schemaname', 'public', 'relname', relname::text, 'relpages',
relpages,
                                 'reltuples', (reltuples * %s)::real)
  FROM pg_class WHERE relkind IN ('r', 'i') AND relnamespace = 'public'::regnamespace
  AND reltuples > 100
"""


@pytest.fixture
def many(world: World, monkeypatch: pytest.MonkeyPatch) -> Client:
    """A member of Northwind, whose live environment has many rows, inserted without triggers."""
    monkeypatch.setattr(
        paging, "LOOK_THROUGH", paging.LOOK_THROUGH // FACTOR
    )  # in the same proportion as at scale
    live = world.northwind.live
    purchase = make_purchase(make_collector(live), pack=make_pack(slug="box"))
    values: dict[str, Any] = {
        "env": live.pk,
        "pack": purchase.pack_id,
        "purchase": purchase.pk,
        "many": MANY,
    }
    with connection.cursor() as cursor:
        cursor.execute(
            "SET CONSTRAINTS ALL IMMEDIATE; SET LOCAL session_replication_role = replica"
        )
        cursor.execute(FILL, values)
        cursor.execute("SET LOCAL session_replication_role = origin")
        cursor.execute("ANALYZE")
        cursor.execute(TELL, [FACTOR])
    close_statements()
    return signed_in(world.northwind.viewer)


def test_it_reads_no_table_from_end_to_end_and_exports_in_chunks(
    many: Client, world: World
) -> None:
    """One test, because creating the rows takes longer than the checks."""
    assert offences(many, addresses()) == {}
    assert not_by_their_index(Client(headers={"X-API-Key": world.northwind.live_key})) == set()
    with CaptureQueriesContext(connection) as asked:
        read = sum(
            1
            for _ in islice(
                payouts.lines(Payout.objects.filter(environment__mode="live")), 2 * CHUNK
            )
        )
    assert (read, len(asked)) == (2 * CHUNK, 2)
    assert all(query["sql"].endswith(f"LIMIT {CHUNK}") for query in asked)


# Rare rows that a partner's server may ask for, and the index for each.
RARE = {
    "buybacks?status=failed": "buyback_buyback_by_state",
    "payouts?status=failed": "buyback_payout_by_state",
    "payouts?status=pending": "buyback_payout_by_state",
    "buybacks?user_id=many-17": "buyback_buyback_by_item",
    "buybacks?item_id=many-17": "buyback_buyback_by_item",
    "payouts?user_id=many-17": "buyback_payout_by_user",
    "payouts?item_id=many-17": "buyback_buyback_by_item",
    **{
        f"events?type={kind}": "partners_event_by_type"
        for kind in ("item.expired", "shipment.updated")
    },
}


def not_by_their_index(server: Client) -> set[str]:
    """The histories that would read rows of other states, types or users."""
    found = set()
    for path, index in RARE.items():
        with CaptureQueriesContext(connection) as asked:
            assert server.get(f"/api/v1/{path}").status_code == 200
        if index not in (
            plans := " ".join(
                plan(query["sql"]) for query in asked if (query["sql"] or "").startswith("SELECT")
            )
        ):
            found.add(f"{path}: {plans}")
    return found


def addresses() -> Iterator[str]:
    """Each list with each filter alone and with all, the statements, and the overview."""
    yield ""
    yield from ("orders/", "orders/?state=processing", "orders/?state=failed")
    for query in ("", "sort=newest", "sort=held", "sort=value", "q=many-1"):
        yield f"users/?{query}"
    filters = (
        "",
        "state=failed",
        "state=open",
        "when=yesterday",
        "user=many-17",
        "by=user:ops@x.test",
        "min=900",
    )
    together = "when=week&state=settled&user=many-17&min=5&pack=box&by=key:many"
    for query in (*filters, "pack=box", "pack=none", "by=key:many", "by=key:none", together):
        yield f"buybacks/?{query}"
        yield f"payouts/?{query.replace('settled', 'paid').replace('open', 'pending')}"
    yield "statements/"
    for query in (
        "",
        "within=1h",
        "within=7d",
        "user=many-17",
        "pack=box",
        "pack=none",
        "least=900",
        "most=20",
    ):
        yield f"expiring/?{query}"
    yield "expiring/?within=24h&user=many-17&pack=box&least=20&most=900"


def offences(client: Client, paths: Iterator[str]) -> dict[str, set[str]]:
    """For each page: big tables read whole, and open windows read without their index."""
    found = {}
    for path in paths:
        with CaptureQueriesContext(connection) as asked:
            assert client.get(f"/dashboard/live/{path}").status_code == 200
        plans = {
            query["sql"]: plan(query["sql"]) for query in asked if query["sql"].startswith("SELECT")
        }
        seen = set(re.findall(BIG, " ".join(plans.values())))
        seen |= {
            how for sql, how in plans.items() if re.search(WINDOWS, sql) and WINDOW_OPEN not in how
        }
        if seen:
            found[path] = seen
    return found


def plan(statement: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {statement}".replace("%", "%%"), [])
        return "\n".join(row[0] for row in cursor.fetchall())
