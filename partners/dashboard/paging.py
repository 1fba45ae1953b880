"""Keyset pages: each starts after the last row of the one before, so page 10,000 costs what page 1 costs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.core import signing
from django.db import models

from config.keyset import after as rows_after

SALT = "dashboard.paging"
Order = Mapping[str, Callable[[str], Any]]
# Rows with a time and a UUID, newest first: each column, and how to read it back from a cursor.
NEWEST: Order = {"-created_at": datetime.fromisoformat, "-id": UUID}

M = TypeVar("M", bound=models.Model)


@dataclass(frozen=True)
class Page(Generic[M]):
    """Rows of one page. ``next`` is the cursor of the page after it, empty on the last; ``previous`` that of the page
    before it, empty on page 1 and where nobody asked for one; ``first``: it is page 1.
    """

    rows: list[M]
    next: str
    first: bool
    previous: str = ""


def keyset(
    rows: models.QuerySet[M],
    by: Order,
    after: str,
    *,
    before: str | None = None,
    size: int = 50,
) -> Page[M]:
    """One page of ``rows`` in the order ``by``: column → how to read it back from text.

    All columns run the same way (all with ``-`` or none) and together are unique. ``after`` and ``before`` are cursors
    of ours, of which at most one is given; anything else starts at the first page. A list that knows no ``before``
    (None) has no way back but to page 1.
    """
    readers, order = list(by.values()), list(by)
    columns = [name.lstrip("-") for name in order]
    end = _read(before or "", readers)
    if end:
        backwards = [_turned(name) for name in order]
        found = list(rows_after(rows.order_by(*backwards), backwards, end)[: size + 1])
        if len(found) > size:  # fewer: it is page 1, which is full
            found = found[:size][::-1]
            return Page(found, _write(found[-1], columns), first=False, previous=_write(found[0], columns))
    start = [] if end else _read(after, readers)
    ordered = rows.order_by(*order)
    found = list((rows_after(ordered, order, start) if start else ordered)[: size + 1])
    more = len(found) > size
    found = found[:size]
    previous = _write(found[0], columns) if found and start and before is not None else ""
    return Page(found, _write(found[-1], columns) if more else "", first=not start, previous=previous)


def _turned(name: str) -> str:
    """A column, the other way round."""
    return name[1:] if name.startswith("-") else f"-{name}"


def _write(row: models.Model, columns: list[str]) -> str:
    return signing.dumps([str(getattr(row, name)) for name in columns], salt=SALT)


def _read(cursor: str, readers: list[Callable[[str], Any]]) -> list[Any]:
    """The values of a cursor; none for one we did not write, or wrote for another order."""
    try:
        values = signing.loads(cursor, salt=SALT)
        return [read(value) for read, value in zip(readers, values, strict=True)]
    except (signing.BadSignature, ValueError, ArithmeticError):
        return []
