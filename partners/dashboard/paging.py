"""Keyset pages: each starts after the previous one's last row, so every page costs the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.core import signing
from django.db import models, transaction

from config.foundation.keyset import after as rows_after
from config.foundation.keyset import up_to
from config.postgres.base import join_by_index

SALT = "dashboard.paging"
ROWS = 30  # of one page: more would cost over 50 ms of CPU
LOOK_THROUGH = 5_000  # rows among which one page looks for those that no index finds
SortOrder = Mapping[str, Callable[[str], Any]]
# Columns of rows with a time and a UUID, newest first, with their readers for cursors.
NEWEST: SortOrder = {"-created_at": datetime.fromisoformat, "-id": UUID}

M = TypeVar("M", bound=models.Model)
Row = TypeVar("Row")


@dataclass(frozen=True)
class Page(Generic[M]):
    """Rows of one page.

    ``next``: the cursor of the next page, empty on the last. ``previous``: that of the page before,
    empty on page 1 and when not requested. ``first``: this is page 1. ``cut``: the page searched as
    many rows as allowed, and the rest is on the next page.
    """

    rows: list[M]
    next: str
    first: bool
    previous: str = ""
    cut: bool = False


def keyset(
    rows: models.QuerySet[M],
    by: SortOrder,
    after: str,
    *,
    before: str | None = None,
    size: int = ROWS,
    look_for: models.Q | None = None,
) -> Page[M]:
    """One page of ``rows`` in the order ``by``: column → its reader from text.

    All columns run the same way (all with ``-`` or none) and together are unique. ``after`` and
    ``before`` are our cursors, of which at most one is given; any other text gives page 1. Without
    ``before`` (None) the only way back is page 1. An index must serve ``rows``. ``look_for`` is a
    condition that no index serves: a page searches at most ``LOOK_THROUGH`` rows for it, so it may
    have fewer than ``size``, and the only way back is page 1.
    """
    order, readers = list(by), list(by.values())
    end = read_cursor(before or "", readers) if look_for is None else []
    if end:
        found, more, _ = _part(rows, [_turned(name) for name in order], end, size, None)
        if more:  # without more, this is page 1
            found.reverse()
            return Page(
                found,
                write_cursor(_values(found[-1], order)),
                first=False,
                previous=write_cursor(_values(found[0], order)),
            )
    start = [] if end else read_cursor(after, readers)
    found, more, cut = _part(rows, order, start, size, look_for)
    turns = bool(found and start and before is not None and look_for is None)
    previous = write_cursor(_values(found[0], order)) if turns else ""
    return Page(found, write_cursor(more), first=not start, previous=previous, cut=cut)


def _part(
    rows: models.QuerySet[M],
    order: list[str],
    start: list[Any],
    size: int,
    look_for: models.Q | None,
) -> tuple[list[M], list[Any], bool]:
    """Rows after ``start``, the last searched row's values if there are more, and ``cut``."""
    rows = rows.order_by(*order)
    if start:
        rows = rows_after(rows, order, start)
    edge: list[Any] = []
    if look_for is None:
        found = list(rows[: size + 1])
    else:
        rows, edge = looked_through(rows, order)
        with row_by_row():
            found = list(rows.filter(look_for)[: size + 1])
    if len(found) > size:
        return found[:size], _values(found[size - 1], order), False
    return found, edge, bool(edge)


def looked_through(
    rows: models.QuerySet[M, Row], order: Sequence[str]
) -> tuple[models.QuerySet[M, Row], list[Any]]:
    """The first rows up to the search limit, and the last one's values if there are more.

    One query. ``rows`` are sorted by ``order``.
    """
    last = list(
        rows.values_list(*(name.lstrip("-") for name in order))[LOOK_THROUGH - 1 : LOOK_THROUGH + 1]
    )
    edge = list(last[0]) if len(last) > 1 else []
    return (up_to(rows, order, edge) if edge else rows), edge


@contextmanager
def row_by_row() -> Iterator[None]:
    """Join by index within the block, so that the work is bounded by the rows searched."""
    with transaction.atomic():
        join_by_index()
        yield


def _turned(name: str) -> str:
    """A column in the opposite direction."""
    return name[1:] if name.startswith("-") else f"-{name}"


def _values(row: models.Model, order: list[str]) -> list[Any]:
    return [getattr(row, name.lstrip("-")) for name in order]


def write_cursor(values: list[Any]) -> str:
    """The cursor after a row with these values; empty for no values."""
    return signing.dumps([str(value) for value in values], salt=SALT) if values else ""


def read_cursor(cursor: str, readers: list[Callable[[str], Any]]) -> list[Any]:
    """The values of a cursor; empty for a cursor that is invalid or of another order."""
    try:
        values = signing.loads(cursor, salt=SALT)
        return [read(value) for read, value in zip(readers, values, strict=True)]
    except (signing.BadSignature, ValueError, ArithmeticError):
        return []
