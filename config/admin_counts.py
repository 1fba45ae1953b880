"""How many rows a list has, said without counting a big table."""

from __future__ import annotations

import json
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.core.paginator import Paginator
from django.db import OperationalError, connection, transaction
from django.db.models import QuerySet

if TYPE_CHECKING:
    AnyPaginator = Paginator[Any]
else:
    AnyPaginator = Paginator

BIG = 10_000  # rows from which the planner's estimate is shown instead of a count
PATIENCE = 250  # milliseconds a count may take before the planner's estimate is shown instead
MOST_PAGES = 100  # OFFSET reads what it skips; further back, a search or a filter finds more than leafing


class EstimatedPaginator(AnyPaginator):
    """Pages of a list: exact counts while they are cheap, PostgreSQL's own estimates where they are not.

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
            return _counted(rows)
        except OperationalError:
            self.estimated = True
            return int(json.loads(rows.explain(format="json"))[0]["Plan"]["Plan Rows"])

    @cached_property
    def num_pages(self) -> int:
        return min(super().num_pages, MOST_PAGES)


def _rows_at_the_last_analyze(table: str) -> int:
    """What (auto)analyze last saw; -1 before the first one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples::bigint FROM pg_class WHERE oid = %s::regclass", [f'"{table}"'])
        return int(cursor.fetchone()[0])


def _counted(rows: QuerySet[Any]) -> int:
    """The exact number. Raises OperationalError if it takes too long."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL statement_timeout = {PATIENCE}")
        count = rows.count()
        cursor.execute("SET LOCAL statement_timeout TO DEFAULT")
    return count
