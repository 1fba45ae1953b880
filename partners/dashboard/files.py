"""Names of downloaded files."""

from __future__ import annotations

from partners.dashboard.permissions import MemberRequest


def file_name(request: MemberRequest, what: str) -> str:
    """``northwind-live-payouts-2026-04-18T190514Z.csv``: slug, mode, content, time."""
    here = request.environment
    return f"{here.partner.slug}-{here.mode}-{what}-{here.now():%Y-%m-%dT%H%M%SZ}.csv"
