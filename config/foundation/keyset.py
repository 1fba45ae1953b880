"""Keysets: the rows after a given row, in an order. Deep pages cost the same as the first.

The condition is one row-value comparison, which an index serves. Written with OR it would be as
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
    """The ``rows`` after the row with ``values``. ``order`` has ``-`` on all columns or on none."""
    return rows.filter(_compared(order, " < " if order[0].startswith("-") else " > ", values))


def up_to(
    rows: models.QuerySet[M, Row], order: Sequence[str], values: Sequence[Any]
) -> models.QuerySet[M, Row]:
    """The ``rows`` up to and including the row with ``values``."""
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
    """All rows, models or named tuples, in a unique ``order``, with ``size`` in memory at a time.

    Each chunk is a separate query, so no transaction or cursor stays open for a slow reader, and a
    transaction pooler does not matter.
    """
    ordered = rows.order_by(*order)
    found = list(ordered[:size])
    while found:
        yield from found
        if len(found) < size:
            return
        last = [getattr(found[-1], name.lstrip("-")) for name in order]
        found = list(after(ordered, order, last)[:size])
