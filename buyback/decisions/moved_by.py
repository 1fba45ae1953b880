"""Whose moves they are: the trail that the database keeps of a sale (``models/moves.py``) names who
is set here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from partners.records.actor import Actor


@contextmanager
def moved_by(actor: Actor) -> Iterator[None]:
    """Every move of a sale inside is this actor's. Refuses to run outside a transaction, with which
    it ends at last.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("Who moves a sale is said in the transaction of the move.")
    _say(str(actor))
    yield
    _say("")


def _say(name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('sellback.by', %s, true)", [name])
