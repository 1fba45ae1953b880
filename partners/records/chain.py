"""Hash chains over append-only tables, so that a change of a stored row is found.

Triggers and roles refuse changes; a superuser, or a restored and edited backup, can pass both. Each
row therefore gets a link with a digest over its columns and the digest before. Who changes a row
must compute every later digest again, and these are exported (``buyback/ledger/chains.py``).

A periodic task adds links, in the order of the rows' ids (UUIDv7, so nearly the order in time). It
takes only rows below a horizon: ids that no open transaction can still insert. A row with a
lower id that turns up later is not linked: the check names it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

from django.db import connection, transaction
from django.db.models import QuerySet

from partners.models import AuditLink

BATCH = 5000
# Below every open transaction by this much: clocks of backends and NTP corrections differ a little.
SLACK = timedelta(seconds=10)
SMALLEST = UUID(int=0)

# The start of the oldest transaction of another session that has written or waits for a lock. One
# that has not written yet takes its ids later.
HORIZON = """
SELECT extract(epoch FROM least(clock_timestamp(), min(xact_start)) - make_interval(secs => %s))
  FROM pg_stat_activity
 WHERE datname = current_database() AND pid <> pg_backend_pid()
   AND (backend_xid IS NOT NULL OR wait_event_type = 'Lock')
"""


@dataclass(frozen=True)
class Head:
    """The end of a chain. ``scope``: the environment's id; 0 for audit entries."""

    scope: int = 0
    position: int = 0
    digest: bytes = b""


@dataclass(frozen=True)
class Chain:
    """The chains of one table. ``columns`` are SQL over ``line``, and never change their meaning:
    the digest of a stored row must stay the same in every later version.
    """

    name: str
    links: type[Any]  # a subclass of Link
    columns: str
    scope: str = ""  # the column that separates chains

    @property
    def table(self) -> str:
        """The table of the rows."""
        return str(self.links._meta.get_field("row").related_model._meta.db_table)

    @property
    def _stored(self) -> QuerySet[Any]:
        return cast("QuerySet[Any]", self.links.objects.all())

    @property
    def text(self) -> str:
        """A row as text, the same in every session."""
        return f"jsonb_build_array({self.columns})::text"

    def extend(self, *, slack: timedelta = SLACK, most: int = BATCH) -> tuple[int, list[Head]]:
        """Link the next rows; returns how many, and the new ends. Repeatable, also in parallel."""
        with transaction.atomic():
            if not _alone(self.name):
                return 0, []
            rows = self._next_rows(_horizon(slack), most)
            heads = {head.scope: head for head in self.heads({scope for _, scope, _ in rows})}
            made = []
            for pk, scope, text in rows:
                before = heads.get(scope, Head(scope))
                digest = hashlib.sha256(before.digest + text.encode()).digest()
                heads[scope] = Head(scope, before.position + 1, digest)
                own = {self.scope: scope} if self.scope else {}
                made.append(
                    self.links(row_id=pk, position=before.position + 1, digest=digest, **own)
                )
            self._stored.bulk_create(made, batch_size=1000)
        return len(made), list(heads.values())

    def _next_rows(self, horizon: UUID, most: int) -> list[tuple[UUID, int, str]]:
        last = self._stored.order_by("-row_id").values_list("row_id", flat=True)
        scope = f"line.{self.scope}" if self.scope else "0"
        query = (
            f"SELECT line.id, {scope}, {self.text}"  # noqa: S608  (names of our own)
            f" FROM {self.table} line WHERE line.id > %s AND line.id < %s ORDER BY line.id LIMIT %s"
        )
        with connection.cursor() as cursor:
            cursor.execute(query, [last.first() or SMALLEST, horizon, most])
            found: list[tuple[UUID, int, str]] = cursor.fetchall()
        return found

    def heads(self, scopes: set[int]) -> Iterator[Head]:
        """The ends of the chains of these scopes that have begun."""
        for scope in sorted(scopes):
            own = {self.scope: scope} if self.scope else {}
            last = self._stored.filter(**own).order_by("-position").first()
            if last is not None:
                yield Head(scope, last.position, bytes(last.digest))

    def label(self, head: Head) -> str:
        """The chain's name in logs and files: ``audit``, ``ledger:7``."""
        return f"{self.name}:{head.scope}" if self.scope else self.name

    def query(self) -> str:
        """SQL for rows that are not as they were, each chain's first one first."""
        links, scope = self.links._meta.db_table, self.scope
        same = f"AND before.{scope} = link.{scope}" if scope else ""
        moved = f"OR line.{scope} <> link.{scope}" if scope else ""
        order = f"{scope}, position" if scope else "position"
        return f"""
SELECT row FROM (
    SELECT '{self.name} ' || link.row_id AS row, link.*
      FROM {links} link
      LEFT JOIN {links} before ON before.position = link.position - 1 {same}
      LEFT JOIN {self.table} line ON line.id = link.row_id
     WHERE (link.position > 1 AND before.id IS NULL) {moved}
        OR link.digest IS DISTINCT FROM
           sha256(coalesce(before.digest, ''::bytea) || convert_to({self.text}, 'UTF8'))
     ORDER BY {order}) altered
UNION ALL
SELECT '{self.name} ' || line.id || ' is in no chain' FROM {self.table} line
 WHERE line.id <= (SELECT row_id FROM {links} ORDER BY row_id DESC LIMIT 1)
   AND NOT EXISTS (SELECT FROM {links} link WHERE link.row_id = line.id)
"""  # noqa: S608  (names of our own)


AUDIT = Chain(
    name="audit",
    links=AuditLink,
    columns=(
        "line.id, line.partner_id, line.actor, line.action, line.target, line.before, line.after,"
        " line.request_id, line.created_at AT TIME ZONE 'UTC'"
    ),
)


def _alone(name: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext(%s))", [f"chain.{name}"])
        return bool(cursor.fetchone()[0])


def _horizon(slack: timedelta) -> UUID:
    """Smaller than every id that may still be inserted."""
    with connection.cursor() as cursor:
        cursor.execute(HORIZON, [slack.total_seconds()])
        return UUID(int=int(cursor.fetchone()[0] * 1000) << 80)
