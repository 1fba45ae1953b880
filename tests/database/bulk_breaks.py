"""Ways to break the constraints of bulk sellbacks: rows of the list in ``test_constraints.py``."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from tests.bulk import make_bulk_line, make_bulk_sale
from tests.database.breaks import BAD_MONEY, Break, each, twice
from tests.world import NOW, World, make_buyback, make_item


def sale(w: World) -> Any:
    return make_buyback(make_item(w.northwind.live))


def line(w: World, *, item: Any = None, **fields: Any) -> Any:
    """A line of Northwind's live environment."""
    here = {"environment": w.northwind.live, "bulk": make_bulk_sale(w.northwind.live)}
    return make_bulk_line(item or make_item(w.northwind.live), **here | fields)


def line_of(sale: Any, **fields: Any) -> Any:
    """The line of a buyback, sold by default."""
    return make_bulk_line(sale.item, **{"state": "sold", "buyback": sale} | fields)


def one_item_twice(w: World) -> None:
    item, bulk = make_item(w.northwind.live), make_bulk_sale(w.northwind.live)
    twice(lambda: make_bulk_line(item, bulk=bulk))


def one_token_twice(w: World) -> None:
    twice(lambda: make_bulk_sale(w.northwind.live, token=UUID(int=1)))


def one_sale_twice(sale: Any) -> None:
    twice(lambda: line_of(sale))


BULK_BREAKS: dict[str, Sequence[Break]] = {
    # Sold in bulk.
    "buyback_bulksale_once": [one_token_twice],
    "buyback_bulksale_cancelled_by_somebody": [
        lambda w: make_bulk_sale(w.northwind.live, cancelled_at=NOW),
        lambda w: make_bulk_sale(w.northwind.live, cancelled_by="user:a@x.test"),
    ],
    "buyback_bulkline_item_once": [one_item_twice],
    "buyback_bulkline_bulk_same_env": each(
        ("juniper", "sandbox"),
        lambda w, other: line(
            w, bulk=make_bulk_sale(w.juniper.live if other == "juniper" else w.northwind.sandbox)
        ),
    ),
    "buyback_bulkline_item_same_env": each(
        ("juniper", "sandbox"),
        lambda w, other: line(
            w, item=make_item(w.juniper.live if other == "juniper" else w.northwind.sandbox)
        ),
    ),
    "buyback_bulkline_sold_as_shown": [
        lambda w: line_of(sale(w), amount=Decimal("70.12")),
        lambda w: line(w, state="sold", buyback=make_buyback(make_item(w.juniper.live))),
    ],
    "buyback.BulkLine.buyback": [lambda w: one_sale_twice(sale(w))],
    "buyback_bulkline_amount_bounds": each(BAD_MONEY, lambda w, bad: line(w, amount=bad)),
    "buyback_bulkline_state_known": [lambda w: line(w, state="lost", closed_at=NOW)],
    "buyback_bulkline_refused_has_a_reason": [
        lambda w: line(w, state="refused", reason=""),
        lambda w: line(w, state="refused", reason="because"),
        lambda w: line(w, reason="failed"),
    ],
    "buyback_bulkline_sold_names_its_sale": [
        lambda w: line(w, state="sold"),
        lambda w: line(w, state="unknown"),
        *each(("pending", "selling", "cancelled"), lambda w, bad: line_of(sale(w), state=bad)),
    ],
    "buyback_bulkline_at_work_has_a_lease": [
        lambda w: line(w, state="selling", lease_until=None),
        lambda w: line_of(sale(w), state="unknown", lease_until=None),
        lambda w: line(w, lease_until=NOW),
        lambda w: line(w, state="refused", lease_until=NOW),
    ],
    "buyback_bulkline_closed_has_its_time": [
        lambda w: line_of(sale(w), closed_at=None),
        lambda w: line(w, state="refused", closed_at=None),
        lambda w: line(w, state="cancelled", closed_at=None),
        lambda w: line(w, closed_at=NOW),
    ],
}
