"""The peer's inventory page: one query, and a dictionary for each row."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import orjson

from benchmarks.peers.eight import CENT, number

INVENTORY = """
SELECT item.public_id, item.mode, item.purchased_at, item.expires_at, item.buyback_percent,
item.buyback_price,
       card.source_type, card.fmv, card.mint_address, card.collection_address, card.token_standard,
       card.name,
       card.image, card.back_image, card.attributes, purchase.mint_price, purchase.voucher,
       pack.public_id AS claw_id, pack.slug AS claw_slug
  FROM inventory_collector collector
  LEFT JOIN inventory_item item ON item.collector_id = collector.id AND item.state IN ('held',
  'selling')
  LEFT JOIN inventory_card card ON card.id = item.card_id
  LEFT JOIN inventory_purchase purchase ON purchase.id = item.purchase_id
  LEFT JOIN inventory_pack pack ON pack.id = item.pack_id
 WHERE collector.environment_id = $1 AND collector.user_id = $2
 ORDER BY item.purchased_at DESC, item.id DESC
"""


def shown(row: Any, base: str) -> dict[str, Any]:
    """One live item as the inventory shows it."""
    image, back = _picture(base, row["image"]), _picture(base, row["back_image"])
    return {
        "id": row["public_id"],
        "type": row["source_type"],
        "buyback_price": number(_price(row)),
        "mint_address": row["mint_address"],
        "collection_address": row["collection_address"],
        "token_standard": row["token_standard"],
        "content": {
            "metadata": {
                "name": row["name"],
                "image": image,
                "back_image": back,
                "attributes": orjson.loads(row["attributes"]),
            },
            "links": {"image": image, "back_image": back},
        },
        "claw_id": row["claw_id"],
        "claw_slug": row["claw_slug"],
        "purchased_at": _iso(row["purchased_at"]),
        "buyback_expires_at": _iso(row["expires_at"]),
    }


def _price(row: Any) -> Decimal:
    share: Decimal = (row["fmv"] * row["buyback_percent"]).quantize(CENT, rounding=ROUND_HALF_UP)
    return max(row["mint_price"], share) if row["voucher"] else share


def _picture(base: str, address: str | None) -> str | None:
    return f"{base}{address}" if address and address.startswith("/") else address


def _iso(moment: datetime | None) -> str | None:
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
