"""What happened in a sellback. Admin and dashboard have their own words for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from buyback.models import Buyback, Move, Payout, Transfer

MOST = 200  # rows of each kind; a sellback has a few
ENDED = (Buyback.State.SETTLED, Buyback.State.FAILED)


@dataclass(frozen=True, slots=True)
class Beginning:
    """When a sellback began, and who requested it. ``instant``: one statement settled it."""

    created_at: datetime
    by: str
    instant: bool


def story(sale: Buyback) -> list[Beginning | Move | Transfer | Payout]:
    """The beginning, the state changes, the transfers and the payout. Two queries.

    A third if ``payout`` is not loaded. Each has ``created_at``.
    """
    moves = list(sale.moves.order_by("id")[:MOST])
    instant = sale.state == Buyback.State.SETTLED and all(map(after_the_end, moves))
    transfers = sale.transfers.order_by("created_at", "id")[:MOST]
    payout: Payout | None = getattr(sale, "payout", None)
    beginning = Beginning(sale.created_at, sale.requested_by, instant)
    return [beginning, *moves, *transfers, *([payout] if payout else [])]


def after_the_end(move: Move) -> bool:
    """Whether the treasury contradicted the final state. Nothing changed."""
    return move.before in ENDED
