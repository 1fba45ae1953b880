"""Checks that all contestants give the same responses and write the same rows."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Sequence
from typing import Any

from benchmarks.contestants import Contestant, HttpContestant
from benchmarks.measures.sales import Supply
from benchmarks.world import Database

# One sellback's rows as facts that are the same for every item. Any difference is one between
# contestants.
ROWS = """
SELECT item.state, sale.state, payout.state, transfer.debit, transfer.credit, event.type,
sale.failure_code,
       sale.fmv = card.fmv AND sale.priced_at = card.priced_at AS priced_by_the_card,
       sale.buyback_percent = item.buyback_percent AND sale.mint_price = purchase.mint_price
           AND sale.voucher = purchase.voucher AS priced_by_the_purchase,
       sale.amount = payout.amount AND sale.amount = transfer.amount
           AND sale.amount = (event.data ->> 'amount')::numeric AS one_amount,
       item.sold_at = sale.created_at AND sale.created_at = sale.completed_at
       AND payout.created_at = sale.created_at
           AND payout.paid_at = sale.created_at AND transfer.created_at = sale.created_at
           AS one_moment,
       payout.collector_id = item.collector_id AND event.data ->> 'user_id' = collector.user_id
           AND event.data ->> 'buyback_id' = sale.id::text
           AND event.data ->> 'payout_id' = payout.id::text AS linked,
       (SELECT array_agg(key ORDER BY key) FROM jsonb_object_keys(event.data) key) AS event_keys
  FROM inventory_item item
  JOIN inventory_card card ON card.id = item.card_id
  JOIN inventory_purchase purchase ON purchase.id = item.purchase_id
  JOIN inventory_collector collector ON collector.id = item.collector_id
  JOIN buyback_buyback sale ON sale.item_id = item.id
  JOIN buyback_payout payout ON payout.buyback_id = sale.id
  JOIN buyback_transfer transfer ON transfer.buyback_id = sale.id
  JOIN partners_event event ON event.environment_id = item.environment_id
  AND event.created_at = sale.created_at
       AND event.data ->> 'item_id' = item.public_id
 WHERE item.environment_id = %s AND item.public_id = %s
"""


def check_sales(contestants: Sequence[Contestant], supply: Supply) -> None:
    """All contestants sell a few items and write the same rows. Raises RuntimeError."""
    written = {}
    for one in contestants:
        numbers = supply.take(one.connections)
        report = one.sell(numbers, 0.1)
        if report.first_wrong or report.done != numbers.count:
            raise RuntimeError(f"{one.name} did not sell: {report}")
        written[one.name] = [
            _rows(supply.database, numbers[place]) for place in range(numbers.count)
        ]
    facts = {repr(rows) for sales in written.values() for rows in sales}
    if len(facts) != 1 or any(len(rows) != 1 for sales in written.values() for rows in sales):
        raise RuntimeError(f"Not the same rows: {written}")


def _rows(database: Database, number: int) -> list[Any]:
    with database.connect() as connection:
        return connection.execute(ROWS, [database.environment, f"bench{number:09d}"]).fetchall()


def check_pages(contestants: Sequence[HttpContestant], path: str) -> None:
    """All contestants return the same page, value by value. Raises RuntimeError."""
    shown = [_get(one, path) for one in contestants]
    if any(page != shown[0] for page in shown):
        raise RuntimeError(
            f"Not the same page: {json.dumps([page['items'][:1] for page in shown], indent=1)}"
        )


def _get(one: HttpContestant, path: str) -> Any:
    request = urllib.request.Request(
        f"http://127.0.0.1:{one.port}{path}",
        headers={"X-API-Key": one.database.key, "Host": "127.0.0.1"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310  (our own address)
        return json.load(answer)
