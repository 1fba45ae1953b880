"""Downloads: the file's name, and an audit entry for each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db import transaction
from django.http import StreamingHttpResponse

from config.foundation import csv
from partners.dashboard.permissions import MemberRequest
from partners.records import audit
from partners.records.actor import Actor

PERSONAL = {"user", "q"}
HIDDEN = "(hidden)"


def download(
    request: MemberRequest, name: str, columns: Sequence[str], rows: Iterable[Sequence[object]]
) -> StreamingHttpResponse:
    """``rows`` under a header of ``columns`` as a file. Its filters are in the audit log."""
    with transaction.atomic():
        audit.record(
            actor=Actor.user(request.user),
            action="export.downloaded",
            target=request.path[:300],
            partner=request.environment.partner,
            after={"filters": _filters(request)},
        )
    return csv.download(name, columns, rows)


def _filters(request: MemberRequest) -> str:
    """The filters, without a user's id: entries are never changed, so it could not be erased."""
    shown = request.GET.copy()
    for name in PERSONAL & {*shown}:
        shown[name] = HIDDEN
    return shown.urlencode(safe="()")


def file_name(request: MemberRequest, what: str) -> str:
    """``northwind-live-payouts-2026-04-18T190514Z.csv``: slug, mode, content, time."""
    here = request.environment
    return f"{here.partner.slug}-{here.mode}-{what}-{here.now():%Y-%m-%dT%H%M%SZ}.csv"
