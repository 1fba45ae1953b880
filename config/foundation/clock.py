"""Time: UTC everywhere, passed in as ``now=`` wherever an action or a query needs it.

An action whose caller passes no ``now`` uses the database's clock, read after its locks are taken,
shifted by the sandbox's own offset (``partners_environment.clock_offset``; always zero in live).
"""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    """This process's clock. For doors; actions on money ask the database instead."""
    return datetime.now(UTC)


def iso(moment: datetime) -> str:
    """``moment`` as the contract writes times: ``2026-04-18T19:05:14.000Z`` (UTC, milliseconds)."""
    return (
        moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
    )


def iso_or_none(moment: datetime | None) -> str | None:
    """``iso(moment)``, or None for a moment that is not set."""
    return None if moment is None else iso(moment)
