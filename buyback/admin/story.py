"""A sellback's timeline, from the rows that were written at each event.

Every row is read by an index. An idempotency key is found by what it created; keys of instant
sellbacks, which store only their response, are not found.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils.safestring import SafeString

from buyback.models import Buyback, Move, Payout, Transfer
from buyback.sellback.story import MOST, Beginning, story
from config.admin.model_admin import link
from config.foundation.money import percent, usd
from partners.models import AuditEntry, Event, IdempotencyKey


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
    parts = (_keys, _happened, _events, _deeds)
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


def _happened(sale: Buyback) -> Iterator[Line]:
    for event in story(sale):
        at = event.created_at
        match event:
            case Beginning(instant=True):
                yield Line(at, "Sold instantly", _basis(sale), event.by)
            case Beginning():
                yield Line(at, "Claimed", "", event.by)
            case Move():
                what = (
                    "Another answer" if event.before == event.after else event.get_after_display()
                )
                yield Line(at, what, _answer(sale, event), event.by)
            case Transfer():
                where = f"{event.get_debit_display()} → {event.get_credit_display()}"
                text = f"{where}: {usd(event.amount)}"
                yield Line(at, "Ledger", text, page=link(event, "Transfer"))
            case Payout():
                text = f"{usd(event.amount)}, {event.get_state_display().lower()}"
                yield Line(at, "Payout", text, page=link(event, "Payout"))


def _basis(sale: Buyback) -> str:
    """How the amount was calculated, in words."""
    floor = f", at least the pull's price of {usd(sale.mint_price)}" if sale.voucher else ""
    return f"{percent(sale.buyback_percent)} of {usd(sale.fmv)}{floor}: {usd(sale.amount)}"


def _keys(sale: Buyback) -> Iterator[Line]:
    for key in IdempotencyKey.objects.filter(subject=sale.pk)[:MOST]:
        yield Line(key.created_at, "Idempotency key", key.key, page=link(key, "Key"))


def _answer(sale: Buyback, move: Move) -> str:
    if move.after != Buyback.State.SUBMITTED:
        return move.answer
    payer = (
        f"submitted to {sale.treasury} as {sale.reference}" if sale.treasury else "we pay ourselves"
    )
    return f"{_basis(sale)}; {payer}"


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
