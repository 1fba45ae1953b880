"""Time: UTC everywhere, passed as ``now=`` to each action or query that needs it.

An action called without ``now`` uses the database's clock, read after its locks are taken, shifted
by the sandbox's offset (``partners_environment.clock_offset``; always zero in live).
"""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    """This process's clock, for interfaces. Actions on money use the database's clock."""
    return datetime.now(UTC)


def iso(moment: datetime) -> str:
    """``moment`` as the contract writes times: ``2026-04-18T19:05:14.000Z`` (UTC, milliseconds)."""
    return (
        moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
    )


def iso_or_none(moment: datetime | None) -> str | None:
    """``iso(moment)``, or None for None."""
    return None if moment is None else iso(moment)
