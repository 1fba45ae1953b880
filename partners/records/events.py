"""Events: what a partner may want to know, written in the transaction of the change itself."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import connection

from partners.models import Environment, Event


def record(
    *, environment: Environment, kind: Event.Type, data: Iterable[dict[str, Any]], now: datetime
) -> None:
    """Write one event for each of ``data``. Refuses to run outside a transaction: an event without
    its change is a lie.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("An event is written in the transaction of its change.")
    Event.objects.bulk_create(
        [Event(environment=environment, type=kind, data=one, created_at=now) for one in data]
    )
