"""Ways to break the constraints of shipping (for ``test_constraints.py``)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.db.models.expressions import RawSQL

from tests.shipments import make_line, make_order, make_quote
from tests.world import NOW, World, make_item

Break = Callable[[World], object]
BAD_AMOUNTS: tuple[Any, ...] = (
    Decimal(0),
    Decimal("-0.01"),
    Decimal(1_000_000_000),
    RawSQL("'NaN'::numeric", ()),
)


def _order(w: World, **fields: Any) -> Any:
    return make_order(w.northwind.live, **fields)


def _line(w: World, order: Any = None, item: Any = None, **fields: Any) -> Any:
    return make_line(order or _order(w), item or make_item(w.northwind.live), **fields)


def _amount(bad: Any) -> Break:
    return lambda w: _order(w, amount=bad)


def _twice_in_one(w: World) -> None:
    order, item = _order(w), make_item(w.northwind.live)
    for _ in range(2):
        _line(w, order, item, released=True)


def _in_two(w: World) -> None:
    item = make_item(w.northwind.live)
    for _ in range(2):
        _line(w, None, item)


def _same_id(w: World) -> None:
    for _ in range(2):
        _order(w, public_id="order_thesamethesame00")


SHIPPING: dict[str, list[Break]] = {
    "inventory_shippingquote_items_counted": [
        lambda w: make_quote(w.northwind.live),
        lambda w: make_quote(w.northwind.live, item_ids=list(range(101))),
    ],
    "inventory_shippingquote_holds_for_a_while": [
        lambda w: make_quote(w.northwind.live, make_item(w.northwind.live), expires_at=NOW)
    ],
    "inventory_shippingorder_public_id_once": [_same_id],
    "inventory_shippingorder_amount_bounds": [_amount(bad) for bad in BAD_AMOUNTS],
    "inventory_shippingorder_state_known": [lambda w: _order(w, state="lost")],
    "inventory_shippingorder_shipped_has_its_time": [
        lambda w: _order(w, state="shipped", shipped_at=None),
        lambda w: _order(w, state="queued", shipped_at=NOW),
        lambda w: _order(w, state="cancelled", shipped_at=NOW),
    ],
    "inventory_shippingorder_delivered_has_its_time": [
        lambda w: _order(w, state="delivered", delivered_at=None),
        lambda w: _order(w, state="shipped", delivered_at=NOW),
    ],
    "inventory_shippingorder_processing_has_its_time": [
        lambda w: _order(w, state="processing", processing_at=None),
        lambda w: _order(w, state="delivered", processing_at=None),
        lambda w: _order(w, processing_at=NOW),
    ],
    "inventory_shippingorder_labelled_has_its_time": [
        lambda w: _order(w, state="label_created", labelled_at=None),
        lambda w: _order(w, state="processing", labelled_at=NOW),
    ],
    "inventory_shippingorder_ended_has_its_time": [
        lambda w: _order(w, state="cancelled", ended_at=None),
        lambda w: _order(w, state="failed", ended_at=None),
        lambda w: _order(w, state="delivered", ended_at=NOW),
    ],
    "inventory_shippingorder_public_id_form": [
        lambda w: _order(w, public_id="order_short"),
        lambda w: _order(w, public_id="quote_0123456789abcdef"),
    ],
    "inventory_shippeditem_once_per_order": [_twice_in_one],
    "inventory_shippeditem_one_order_at_a_time": [_in_two],
    "inventory_shippeditem_order_same_env": [
        lambda w: _line(w, make_order(w.juniper.live), environment=w.northwind.live),
        lambda w: _line(w, make_order(w.northwind.sandbox), environment=w.northwind.live),
    ],
    "inventory_shippeditem_item_same_env": [
        lambda w: _line(w, None, make_item(w.juniper.live)),
        lambda w: _line(w, None, make_item(w.northwind.sandbox)),
    ],
}
