"""Rows of cards that wait for a second person: how they are stored, and their proposal."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from inventory.models import PriceProposal
from inventory.vault.rows import COLUMNS
from partners.records import audit
from partners.records.actor import Actor

# The columns of an import's row, in the order of ``COLUMNS``, as text.
WRITTEN = ", ".join({"pack": "pack.slug"}.get(name, f"asked.{name}::text") for name in COLUMNS)
AUDITED = ("source", "reason", "proposed_by")


def row(card: int | None, before: Decimal | None, *written: str | None) -> dict[str, Any]:
    """An entry from ``card.id``, ``card.fmv`` and ``WRITTEN``."""
    return entry(card, before, dict(zip(COLUMNS, written, strict=True)))


def entry(card: int | None, before: Decimal | None, row: dict[str, Any]) -> dict[str, Any]:
    """One entry of ``PriceProposal.rows``; ``card`` and ``before`` are None for a new card."""
    return {"card": card, "before": None if before is None else str(before), "row": row}


def propose(*, rows: list[dict[str, Any]], source: str, by: Actor) -> PriceProposal:
    """Store rows as one proposal. Must run in the transaction of the import or form."""
    proposal = PriceProposal.objects.create(
        source=source[:200],
        reason=f"Prices out of bounds: {source}"[:500],
        rows=rows,
        proposed_by=str(by),
        proposer_id=by.account,
    )
    audit.record(actor=by, action="prices.proposed", target=proposal, after=facts(proposal))
    return proposal


def facts(proposal: PriceProposal) -> dict[str, Any]:
    """What the audit log says of a proposal: at most a hundred of its prices."""
    prices = {
        str(one["row"]["mint_address"] or one["row"]["listing_id"]): [
            one["before"],
            one["row"]["fmv"],
        ]
        for one in proposal.rows[:100]
    }
    return audit.values(proposal, AUDITED) | {"cards": len(proposal.rows), "prices": prices}
