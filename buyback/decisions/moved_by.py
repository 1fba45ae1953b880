"""Sets the actor that the state-change trigger records (``models/moves.py``)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from config.postgres.transactions import require_transaction
from partners.records.actor import Actor


@contextmanager
def moved_by(actor: Actor) -> Iterator[None]:
    """State changes of sellbacks in the block get this actor. Must run in their transaction."""
    require_transaction("The actor of a state change")
    _say(str(actor))
    yield
    _say("")


def _say(name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('sellback.by', %s, true)", [name])
