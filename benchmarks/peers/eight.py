"""The peer's conventional sellback: eight statements between BEGIN and COMMIT."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import asyncpg
import orjson

LOCK = """
SELECT id, collector_id, card_id, purchase_id, environment_id, public_id, state, mode, expires_at,
expired_at,
       buyback_percent
  FROM inventory_item WHERE environment_id = $1 AND public_id = $2 AND state <> 'sold'
  FOR NO KEY UPDATE NOWAIT
"""
PRICE = """
SELECT card.fmv, card.priced_at, clock_timestamp() AS now, control.paused, control.cap_per_sale
  FROM inventory_card card LEFT JOIN buyback_treasurycontrol control ON true WHERE card.id = $1
"""
PURCHASE = """
SELECT purchase.mint_price, purchase.voucher, collector.user_id
  FROM inventory_purchase purchase JOIN inventory_collector collector
  ON collector.id = purchase.collector_id
 WHERE purchase.id = $1
"""
SOLD = "UPDATE inventory_item SET state = 'sold', sold_at = $2 WHERE id = $1 AND state = 'held'"
BUYBACK = """
INSERT INTO buyback_buyback (environment_id, item_id, state, fmv, buyback_percent, mint_price,
voucher, priced_at,
                             amount, requested_by, created_at, completed_at)
VALUES ($1, $2, 'settled', $3, $4, $5, $6, $7, $8, $9, $10, $10) RETURNING id
"""
PAYOUT = """
INSERT INTO buyback_payout (environment_id, buyback_id, collector_id, amount, state, created_at,
paid_at)
VALUES ($1, $2, $3, $4, 'paid', $5, $5) RETURNING id
"""
TRANSFER = """
INSERT INTO buyback_transfer (environment_id, buyback_id, debit, credit, amount, created_at)
VALUES ($1, $2, 'treasury', 'paid_out', $3, $4)
"""
EVENT = """
INSERT INTO partners_event (environment_id, type, data, created_at) VALUES ($1, 'buyback.completed',
$2, $3)
"""
CENT = Decimal("0.01")


def number(amount: Decimal) -> float | int:
    """A sum as the contract's JSON number: 98.50 is 98.5, 70.00 is 70."""
    whole = int(amount)
    return whole if whole == amount else float(amount)


async def sell(
    connection: Any, environment: int, item_id: str, by: str
) -> tuple[dict[str, Any], int]:
    """The response's body and status. With key look-up and COMMIT, ten round trips in total."""
    try:
        async with connection.transaction():
            item = await connection.fetchrow(LOCK, environment, item_id)
            if item is None or item["state"] != "held":
                return {"error": "Item not found"}, 400
            card = await connection.fetchrow(PRICE, item["card_id"])
            if item["expired_at"] is not None or (
                item["expires_at"] is not None and card["now"] > item["expires_at"]
            ):
                return {"error": "Item has expired"}, 400
            purchase = await connection.fetchrow(PURCHASE, item["purchase_id"])
            basis = {**card, **purchase}
            amount = (basis["fmv"] * item["buyback_percent"]).quantize(CENT, rounding=ROUND_HALF_UP)
            if basis["voucher"]:
                amount = max(amount, basis["mint_price"])
            if basis["paused"] or amount > (basis["cap_per_sale"] or amount):
                return {"error": "Transaction failed"}, 400
            await _write(connection, item, basis, amount, by)
    except asyncpg.LockNotAvailableError:
        return {"error": "A buyback request for this item is already being processed"}, 429
    return {"success": True, "amount": number(amount)}, 200


async def _write(
    connection: Any, item: Any, basis: dict[str, Any], amount: Decimal, by: str
) -> None:
    environment, now = item["environment_id"], basis["now"]
    await connection.execute(SOLD, item["id"], now)
    sale = await connection.fetchval(
        BUYBACK,
        *(environment, item["id"], basis["fmv"], item["buyback_percent"], basis["mint_price"]),
        *(basis["voucher"], basis["priced_at"], amount, by, now),
    )
    payout = await connection.fetchval(PAYOUT, environment, sale, item["collector_id"], amount, now)
    await connection.execute(TRANSFER, environment, sale, amount, now)
    payload = {
        "item_id": item["public_id"],
        "user_id": basis["user_id"],
        "amount": number(amount),
        "buyback_id": str(sale),
        "payout_id": str(payout),
        "by": by,
    }
    await connection.execute(EVENT, environment, orjson.dumps(payload).decode(), now)
