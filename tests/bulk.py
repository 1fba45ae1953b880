"""A factory for each model of the bulk sales, as ``tests/world.py`` has for the others."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from buyback.models import BulkLine, BulkSale
from inventory.models import Item
from partners.models import Environment
from tests.world import NOW


def make_bulk_sale(environment: Environment, **fields: Any) -> BulkSale:
    """A bulk sale without lines."""
    known = {"token": uuid4(), "requested_by": "user:a@x.test", "created_at": NOW}
    return BulkSale.objects.create(environment=environment, **known | fields)


def make_bulk_line(item: Item, **fields: Any) -> BulkLine:
    """A line of a new bulk sale, waiting unless told; it has what its state asks for, but the
    sale.
    """
    state = fields.setdefault("state", BulkLine.State.PENDING)
    return BulkLine.objects.create(
        **{
            "environment": item.environment,
            "bulk": fields.get("bulk") or make_bulk_sale(item.environment),
            "item": item,
            "amount": item.buyback_price,
            "reason": "failed" if state == "refused" else "",
            "lease_until": NOW if state in ("selling", "unknown") else None,
            "closed_at": NOW if state in ("sold", "refused", "cancelled") else None,
        }
        | fields
    )
