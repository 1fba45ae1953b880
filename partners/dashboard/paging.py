"""Keyset pages: each starts after the last row of the one before, so page 10,000 costs what page 1 costs.

The condition is one row-value comparison, which an index answers; written with OR it would be as slow as OFFSET.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.core import signing
from django.db import models
from django.db.models import BooleanField, F, Func, Value

SALT = "dashboard.paging"

M = TypeVar("M", bound=models.Model)


@dataclass(frozen=True)
class Page(Generic[M]):
    """Rows of one page. ``next`` is the cursor of the page after it, empty on the last; ``first``: it is page 1."""

    rows: list[M]
    next: str
    first: bool


def keyset(rows: models.QuerySet[M], by: Mapping[str, Callable[[str], Any]], after: str, *, size: int = 50) -> Page[M]:
    """One page of ``rows`` in the order ``by``: column → how to read it back from text.

    All columns run the same way (all with ``-`` or none) and together are unique. ``after`` is a cursor of ours;
    anything else starts at the first page.
    """
    columns = [name.lstrip("-") for name in by]
    start = _read(after, list(by.values()))
    if start:
        sign = "<" if next(iter(by)).startswith("-") else ">"
        rows = rows.filter(_beyond(columns, sign, start))
    found = list(rows.order_by(*by)[: size + 1])
    more = len(found) > size
    found = found[:size]
    return Page(found, _write(found[-1], columns) if more else "", first=not start)


def _beyond(columns: list[str], sign: str, values: list[Any]) -> Func:
    """``ROW(columns) < ROW(values)``."""
    left = Func(*[F(name) for name in columns], function="ROW", output_field=models.TextField())
    right = Func(*[Value(value) for value in values], function="ROW", output_field=models.TextField())
    return Func(left, right, template="%(expressions)s", arg_joiner=f" {sign} ", output_field=BooleanField())


def _write(row: models.Model, columns: list[str]) -> str:
    return signing.dumps([str(getattr(row, name)) for name in columns], salt=SALT)


def _read(cursor: str, readers: list[Callable[[str], Any]]) -> list[Any]:
    """The values of a cursor; none for one we did not write, or wrote for another order."""
    try:
        values = signing.loads(cursor, salt=SALT)
        return [read(value) for read, value in zip(readers, values, strict=True)]
    except (signing.BadSignature, ValueError, ArithmeticError):
        return []
