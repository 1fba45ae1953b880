"""Row counts of lists without counting large tables, and time limits for lists."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.core.paginator import Paginator
from django.db import OperationalError, connection, transaction
from django.db.models import QuerySet
from psycopg.errors import QueryCanceled

if TYPE_CHECKING:
    AnyPaginator = Paginator[Any]
else:
    AnyPaginator = Paginator

BIG = 10_000  # rows up to which a list is counted; above, the planner's estimate is shown
PATIENCE = 100  # milliseconds a count may take before the planner's estimate is shown instead
LONGEST = 2_000  # milliseconds a statement of a list may take
MOST_PAGES = 100  # OFFSET reads the rows it skips; older rows are found by search or filter


class TooLong(Exception):
    """A statement was cancelled because it took too long."""


@contextmanager
def patience(milliseconds: int) -> Iterator[None]:
    """Limit the time of each statement in the block. Raises TooLong."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                (
                    "SELECT current_setting('statement_timeout'), set_config('statement_timeout', "
                    "%s, true)"
                ),
                [f"{milliseconds}ms"],
            )
            before = cursor.fetchone()[0]
            yield
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [before])
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            raise TooLong from error
        raise


class EstimatedPaginator(AnyPaginator):
    """Pages of a list: exact counts while they are cheap, PostgreSQL's estimates otherwise.

    ``estimated`` says which, after ``count`` was read.
    """

    estimated = False

    @cached_property
    def count(self) -> int:
        assert isinstance(self.object_list, QuerySet)  # noqa: S101  (the admin pages nothing else)
        rows: QuerySet[Any] = self.object_list.order_by()
        if not rows.query.where and not rows.query.distinct:
            size = _rows_at_the_last_analyze(rows.model._meta.db_table)
            if size >= BIG:
                self.estimated = True
                return size
        try:
            size = _counted(rows)
        except TooLong:
            size = BIG + 1
        if size <= BIG:
            return size
        self.estimated = True
        return int(json.loads(rows.explain(format="json"))[0]["Plan"]["Plan Rows"])

    @cached_property
    def num_pages(self) -> int:
        return min(super().num_pages, MOST_PAGES)


def _rows_at_the_last_analyze(table: str) -> int:
    """The row count of the last (auto)analyze; -1 before the first one."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT reltuples::bigint FROM pg_class WHERE oid = %s::regclass", [f'"{table}"']
        )
        return int(cursor.fetchone()[0])


def _counted(rows: QuerySet[Any]) -> int:
    """The exact number of rows, at most ``BIG`` + 1. Raises TooLong."""
    with patience(PATIENCE):
        return rows[: BIG + 1].count()
