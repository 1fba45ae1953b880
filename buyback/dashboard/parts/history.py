"""The history of a user's items: pulls, closed windows, sellbacks, payouts, shipping.

It is read from the rows themselves with one statement; one user has few of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from uuid import UUID

from django.db import connection

from inventory.models import Collector

MOMENTS = Path(__file__).with_name("history.sql").read_text(encoding="utf-8")
Place = tuple[datetime, int, int, UUID]


@dataclass(frozen=True, slots=True)
class Moment:
    """One event of an item. ``amount``: USD. ``detail``: who requested it, or why it failed."""

    at: datetime
    rank: int
    kind: str
    item_id: int
    amount: Decimal | None
    detail: str
    buyback_id: UUID
    payout_id: UUID | None
    card: str
    face: str

    @property
    def place(self) -> Place:
        """The position in the order, where the next page starts."""
        return self.at, self.rank, self.item_id, self.buyback_id


def history(
    collector: Collector,
    *,
    now: datetime,
    item: int | None = None,
    before: Place | None = None,
    most: int = 50,
) -> list[Moment]:
    """At most ``most`` events of this user's items, or of one ``item``, newest first.

    They come after the position ``before``. One query. ``now`` is the environment's time, which
    determines closed windows.
    """
    at, rank, pull, sale = before or (None, None, None, None)
    parameters = {
        "environment": collector.environment_id,
        "collector": collector.pk,
        "item": item,
        "now": now,
        "before": at,
        "rank": rank,
        "pull": pull,
        "sale": sale,
        "most": most,
    }
    with connection.cursor() as cursor:
        cursor.execute(MOMENTS, parameters)
        return [Moment(*row) for row in cursor.fetchall()]
