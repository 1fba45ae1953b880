"""How many rows a list has, said without counting a big table; and how long a list may take."""

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

BIG = 10_000  # rows up to which a list is counted; of more, the planner's estimate is shown
PATIENCE = 100  # milliseconds a count may take before the planner's estimate is shown instead
LONGEST = 2_000  # milliseconds a statement of a list may take
MOST_PAGES = (
    100  # OFFSET reads what it skips; further back, a search or a filter finds more than leafing
)


class TooLong(Exception):
    """The database was stopped in the middle of a statement that took longer than it may."""


@contextmanager
def patience(milliseconds: int) -> Iterator[None]:
    """Each statement within may take so long. Raises TooLong."""
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
    """Pages of a list: exact counts while they are cheap, PostgreSQL's own estimates where they are
    not.

    ``estimated`` says which, once ``count`` was read.
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
    """What (auto)analyze last saw; -1 before the first one."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT reltuples::bigint FROM pg_class WHERE oid = %s::regclass", [f'"{table}"']
        )
        return int(cursor.fetchone()[0])


def _counted(rows: QuerySet[Any]) -> int:
    """The exact number up to ``BIG``, one more for any above. Raises TooLong."""
    with patience(PATIENCE):
        return rows[: BIG + 1].count()
