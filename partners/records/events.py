"""Events for partners, written in the transaction of the change."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import connection

from partners.models import Environment, Event


def record(
    *, environment: Environment, kind: Event.Type, data: Iterable[dict[str, Any]], now: datetime
) -> None:
    """Write one event for each of ``data``. Must run in the transaction of the change."""
    if not connection.in_atomic_block:
        raise RuntimeError("An event must be written in the transaction of its change.")
    Event.objects.bulk_create(
        [Event(environment=environment, type=kind, data=one, created_at=now) for one in data]
    )
