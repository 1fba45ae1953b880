"""Keysets: rows after a row, in an order. Pages and downloads start there, and row a million costs
what row 1 costs.

The condition is one row-value comparison, which an index answers; written with OR it would be as
slow as OFFSET.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from django.db import models
from django.db.models import BooleanField, F, Func, Value

CHUNK = 1000  # rows of one query of `walk`

M = TypeVar("M", bound=models.Model)
Row = TypeVar("Row")


def after(
    rows: models.QuerySet[M, Row], order: Sequence[str], values: Sequence[Any]
) -> models.QuerySet[M, Row]:
    """The ``rows`` behind the one whose columns hold ``values``. ``order`` runs one way: all with
    ``-``, or none.
    """
    return rows.filter(_compared(order, " < " if order[0].startswith("-") else " > ", values))


def up_to(
    rows: models.QuerySet[M, Row], order: Sequence[str], values: Sequence[Any]
) -> models.QuerySet[M, Row]:
    """The ``rows`` before the one whose columns hold ``values``, and that row itself."""
    return rows.filter(_compared(order, " >= " if order[0].startswith("-") else " <= ", values))


def _compared(order: Sequence[str], sign: str, values: Sequence[Any]) -> Func:
    left = Func(
        *[F(name.lstrip("-")) for name in order], function="ROW", output_field=models.TextField()
    )
    right = Func(
        *[Value(value) for value in values], function="ROW", output_field=models.TextField()
    )
    return Func(
        left, right, template="%(expressions)s", arg_joiner=sign, output_field=BooleanField()
    )


def walk(
    rows: models.QuerySet[M, Row], order: Sequence[str], *, size: int = CHUNK
) -> Iterator[Row]:
    """Every row, a model's or a named tuple of values, in an ``order`` that is unique together,
    ``size`` at a time: never more of them are in memory.

    Each chunk is a query of its own, so no transaction and no cursor stays open while a slow reader
    takes his time, and a transaction pooler in between does not matter.
    """
    ordered = rows.order_by(*order)
    found = list(ordered[:size])
    while found:
        yield from found
        if len(found) < size:
            return
        last = [getattr(found[-1], name.lstrip("-")) for name in order]
        found = list(after(ordered, order, last)[:size])
