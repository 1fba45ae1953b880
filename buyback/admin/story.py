"""A sellback's timeline, from the rows that were written at each event.

Every row is read by an index. An idempotency key is found by what it created; keys of instant
sellbacks, which store only their response, are not found.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils.safestring import SafeString

from buyback.models import Buyback, Move
from config.admin.model_admin import link
from config.foundation.money import percent, usd
from partners.models import AuditEntry, Event, IdempotencyKey

MOST = 200  # lines of each kind; a sellback has a few


@dataclass(frozen=True, slots=True)
class Line:
    """One event: time (UTC), title, detail, actor if known, and its page."""

    at: datetime
    what: str
    detail: str = ""
    by: str = ""
    page: SafeString | str = ""


def timeline(sale: Buyback) -> list[Line]:
    """The events of this attempt, oldest first, in a fixed number of queries."""
    parts = (_beginning, _keys, _moves, _money, _events, _deeds)
    return sorted((line for part in parts for line in part(sale)), key=lambda line: line.at)


def attempts_of(sale: Buyback) -> list[Line]:
    """Every attempt to sell back the item, newest first: state, amount, and why it failed."""
    rows = Buyback.objects.filter(item=sale.item_id).order_by("-created_at")[:MOST]
    return [
        Line(
            row.created_at,
            row.get_state_display(),
            ": ".join((usd(row.amount), *([row.failure.sentence] if row.failure else []))),
            row.requested_by,
            "this one" if row == sale else link(row),
        )
        for row in rows
    ]


def _beginning(sale: Buyback) -> Iterator[Line]:
    instant = sale.submitted_at is None and sale.state == Buyback.State.SETTLED
    if instant:
        yield Line(sale.created_at, "Sold instantly", _basis(sale), sale.requested_by)
    else:
        yield Line(sale.created_at, "Claimed", "", sale.requested_by)


def _basis(sale: Buyback) -> str:
    """How the amount was calculated, in words."""
    floor = f", at least the pull's price of {usd(sale.mint_price)}" if sale.voucher else ""
    return f"{percent(sale.buyback_percent)} of {usd(sale.fmv)}{floor}: {usd(sale.amount)}"


def _keys(sale: Buyback) -> Iterator[Line]:
    for key in IdempotencyKey.objects.filter(subject=sale.pk)[:MOST]:
        yield Line(key.created_at, "Idempotency key", key.key, page=link(key, "Key"))


def _moves(sale: Buyback) -> Iterator[Line]:
    for move in sale.moves.all()[:MOST]:
        what = move.get_after_display() if move.before != move.after else "Another answer"
        yield Line(move.created_at, what, _answer(sale, move), move.by)


def _answer(sale: Buyback, move: Move) -> str:
    if move.after != Buyback.State.SUBMITTED:
        return move.answer
    payer = (
        f"submitted to {sale.treasury} as {sale.reference}" if sale.treasury else "we pay ourselves"
    )
    return f"{_basis(sale)}; {payer}"


def _money(sale: Buyback) -> Iterator[Line]:
    for transfer in sale.transfers.order_by("id")[:MOST]:
        where = f"{transfer.get_debit_display()} → {transfer.get_credit_display()}"
        yield Line(
            transfer.created_at,
            "Ledger",
            f"{where}: {usd(transfer.amount)}",
            page=link(transfer, "Transfer"),
        )
    payout = getattr(sale, "payout", None)
    if payout is not None:
        text = f"{usd(payout.amount)}, {payout.get_state_display().lower()}"
        yield Line(payout.created_at, "Payout", text, page=link(payout, "Payout"))


def _events(sale: Buyback) -> Iterator[Line]:
    """An event has exactly the time at which its sellback was completed."""
    if sale.completed_at is None:
        return
    events = Event.objects.filter(environment=sale.environment_id, created_at=sale.completed_at)
    for event in events.filter(data__buyback_id=str(sale.pk))[:MOST]:
        yield Line(event.created_at, "Event for the partner", event.type, page=link(event, "Event"))


def _deeds(sale: Buyback) -> Iterator[Line]:
    for entry in AuditEntry.objects.filter(target=f"buyback.buyback:{sale.pk}").order_by(
        "created_at"
    )[:MOST]:
        reason = str((entry.after or entry.before or {}).get("reason", ""))
        text = f"{entry.action}: {reason}" if reason else entry.action
        yield Line(entry.created_at, "Done by hand", text, entry.actor, link(entry, "Audit entry"))
