"""Factories for the models of bulk sellbacks, in addition to ``tests/world.py``."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from buyback.models import BulkLine, BulkSale
from inventory.models import Item
from partners.models import Environment
from tests.world import NOW


def make_bulk_sale(environment: Environment, **fields: Any) -> BulkSale:
    """A bulk sellback without lines."""
    known = {"token": uuid4(), "requested_by": "user:a@x.test", "created_at": NOW}
    return BulkSale.objects.create(environment=environment, **known | fields)


def make_bulk_line(item: Item, **fields: Any) -> BulkLine:
    """A line of a new bulk sellback, waiting by default, with everything its state requires.

    A sold line still needs its buyback.
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
