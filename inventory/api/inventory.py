"""A user's inventory as the contract's JSON (section 3): one prepared statement (``held.sql``).

A user may hold hundreds of items, and partners ask often. Through the ORM, a page of a hundred
items takes ten times as long. A test compares the rows with ``rendering.purchased_item`` and
``pricing.price``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from orjson import Fragment

from config.postgres.base import prepared_cursor
from inventory.api.rendering import picture
from partners.models import Environment

HELD = Path(__file__).with_name("held.sql").read_text(encoding="utf-8")


def shelf(*, environment: Environment, user_id: str, base: str) -> list[dict[str, Any]] | None:
    """The user's items, newest first; None if the environment does not know the user."""
    with prepared_cursor() as cursor:
        cursor.execute(HELD, {"environment": environment.pk, "user_id": user_id})
        rows = cursor.fetchall()
    return [_item(row, base) for row in rows if row[0] is not None] if rows else None


def _item(row: tuple[Any, ...], base: str) -> dict[str, Any]:
    public_id, source, price, mint_address, collection, standard, name, image, back_image = row[:9]
    attributes, claw_id, claw_slug, purchased_at, expires_at = row[9:]
    image, back_image = picture(base, image), picture(base, back_image)
    return {
        "id": public_id,
        "type": source,
        "buyback_price": Fragment(price),
        "mint_address": mint_address,
        "collection_address": collection,
        "token_standard": standard,
        "content": {
            "metadata": {
                "name": name,
                "image": image,
                "back_image": back_image,
                "attributes": Fragment(attributes),
            },
            "links": {"image": image, "back_image": back_image},
        },
        "claw_id": claw_id,
        "claw_slug": claw_slug,
        "purchased_at": purchased_at,
        "buyback_expires_at": expires_at,
    }
