"""Events for partners, written in the transaction of the change."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from config.postgres.transactions import require_transaction
from partners.models import Environment, Event


def record(
    *, environment: Environment, kind: Event.Type, data: Iterable[dict[str, Any]], now: datetime
) -> None:
    """Write one event for each of ``data``. Must run in the transaction of the change."""
    require_transaction("An event")
    Event.objects.bulk_create(
        [Event(environment=environment, type=kind, data=one, created_at=now) for one in data]
    )
