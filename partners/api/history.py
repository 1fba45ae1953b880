"""Histories (contract, section 9): newest first, filtered, as pages of JSON or as one CSV file.

A cursor is signed and names its environment, route and filters. A cursor from elsewhere is refused,
because it would return other rows.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

import orjson
from django.core import signing
from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers
from rest_framework.request import Request
from rest_framework.response import Response

from config.foundation import csv
from config.foundation.clock import iso
from config.foundation.codes import Code
from config.foundation.errors import Refusal
from config.foundation.keyset import after, walk
from config.foundation.money import to_json
from partners.api import query
from partners.api.views import PartnerView
from partners.models import Event, Scope

NEWEST = ("-created_at", "-id")
SALT = "partner api history"
MOST, USUAL = 100, 20  # rows of a page
LONGEST_ACCEPT = 1000  # characters
TIMES = ("created_from", "created_to")  # from and including, up to and excluding


class InvalidCursor(Refusal):
    """The cursor was not issued for this environment, route and filters."""

    code = Code.INVALID_CURSOR
    sentence = "Invalid cursor"


class HistoryView(PartnerView):
    """A list of rows with ``created_at`` and a UUID.

    ``filters`` names the query parameters that it accepts besides the times.
    """

    scopes = (Scope.INVENTORY_READ,)
    name: ClassVar[str]
    filters: ClassVar[tuple[str, ...]]
    columns: ClassVar[tuple[str, ...]]

    def get(self, request: Request, **kwargs: Any) -> HttpResponseBase:
        """One page, or with ``Accept: text/csv`` every row from the cursor on."""
        asked = request.query_params
        sent = {name: str(asked[name]) for name in (*self.filters, *TIMES) if name in asked}
        rows = _between(self.rows(sent), sent).order_by(*NEWEST)
        if "cursor" in asked:
            rows = after(rows, NEWEST, self._start(asked["cursor"], sent))
        response: HttpResponseBase
        if _wants_csv(request):
            response = csv.download(
                f"{self.name}.csv", self.columns, map(self._line, walk(rows, NEWEST))
            )
        else:
            limit = query.clamped(asked.get("limit"), default=USUAL, low=1, high=MOST)
            response = Response(self._page(list(rows[: limit + 1]), limit, sent))
        patch_vary_headers(response, ["Accept"])
        return response

    def rows(self, sent: dict[str, str]) -> QuerySet[Any]:
        """The environment's rows that match the filters, with all that ``record`` reads.

        Raises InvalidFilter.
        """
        raise NotImplementedError

    def record(self, row: Any) -> dict[str, Any]:
        """One row, by ``columns``."""
        raise NotImplementedError

    def _page(self, found: list[Any], limit: int, sent: dict[str, str]) -> dict[str, Any]:
        shown = found[:limit]
        data = [{name: plain(value) for name, value in self.record(row).items()} for row in shown]
        return {
            "data": data,
            "next_cursor": self._cursor(shown[-1], sent) if len(found) > limit else None,
        }

    def _line(self, row: Any) -> list[object]:
        values = self.record(row).values()
        return [
            orjson.dumps(value).decode() if isinstance(value, dict) else value for value in values
        ]

    def _bound(self, sent: dict[str, str]) -> list[Any]:
        return [self.environment.pk, self.name, sorted(sent.items())]

    def _cursor(self, row: Any, sent: dict[str, str]) -> str:
        return signing.dumps(
            [*self._bound(sent), row.created_at.isoformat(), str(row.pk)], salt=SALT, compress=True
        )

    def _start(self, cursor: str, sent: dict[str, str]) -> tuple[datetime, UUID]:
        try:
            *bound, created_at, pk = signing.loads(cursor, salt=SALT)
        except signing.BadSignature:
            raise InvalidCursor from None
        if bound != [self.environment.pk, self.name, [list(pair) for pair in sorted(sent.items())]]:
            raise InvalidCursor
        return datetime.fromisoformat(created_at), UUID(pk)


def _wants_csv(request: Request) -> bool:
    """Whether ``Accept`` prefers CSV. An overlong header is ignored."""
    if len(request.META.get("HTTP_ACCEPT", "")) > LONGEST_ACCEPT:
        return False
    return bool(request.get_preferred_type(["application/json", "text/csv"]) == "text/csv")


def _between(rows: QuerySet[Any], sent: dict[str, str]) -> QuerySet[Any]:
    """Rows made at ``created_from`` or later, and before ``created_to``. Raises InvalidFilter."""
    start, end = (query.moment(sent, name) for name in TIMES)
    if start is not None:
        rows = rows.filter(created_at__gte=start)
    return rows if end is None else rows.filter(created_at__lt=end)


def plain(value: object) -> object:
    """A value as the contract writes it."""
    if isinstance(value, Decimal):
        return to_json(value)
    if isinstance(value, datetime):
        return iso(value)
    return str(value) if isinstance(value, UUID) else value


class Events(HistoryView):
    """``GET /events``: events of the environment."""

    name, filters, columns = "events", ("type",), ("id", "type", "created_at", "data")

    def rows(self, sent: dict[str, str]) -> QuerySet[Any]:
        found = Event.objects.filter(environment=self.environment)
        kind = query.one_of(sent, "type", Event.Type.values)
        return found if kind is None else found.filter(type=kind)

    def record(self, row: Event) -> dict[str, Any]:
        return {"id": row.pk, "type": row.type, "created_at": row.created_at, "data": row.data}
