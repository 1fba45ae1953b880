"""Admin page of prices that wait for a second person, who confirms or withdraws them."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from config.admin.model_admin import Untouchable, link
from config.admin.steps import Step, SteppedAdmin
from config.foundation.money import usd
from inventory.models import Card, PriceProposal
from inventory.vault.price_decisions import confirm_prices, withdraw_prices
from partners.admin.audited import by
from partners.decisions.dual_control import is_one_person

RIGHT = "inventory.change_card"
MOST_SHOWN = 200


def _confirm(request: HttpRequest, proposal: PriceProposal, values: dict[str, Any]) -> str:
    done = confirm_prices(proposal=proposal, by=by(request))
    return f"Confirmed: {done.created:,} created, {done.updated:,} updated."


def _withdraw(request: HttpRequest, proposal: PriceProposal, values: dict[str, Any]) -> str:
    withdraw_prices(proposal=proposal, by=by(request))
    return "Withdrawn. The cards stay as they are."


@admin.register(PriceProposal)
class PriceProposalAdmin(Untouchable, SteppedAdmin):
    """Prices out of bounds, by file or card."""

    list_display = ("id", "source", "cards", "proposed_by", "created_at", "confirmed_by")
    list_filter = (("confirmed_at", admin.EmptyFieldListFilter),)
    search_fields = ("=pk",)
    fields = (
        "source",
        "reason",
        "prices",
        "proposed_by",
        "created_at",
        "confirmed_by",
        "confirmed_at",
    )
    readonly_fields = ("prices",)
    steps = {
        "confirm": Step(
            RIGHT,
            "Confirm the prices",
            "Confirm these prices?",
            "The cards are created and changed as shown. Sellbacks use these values immediately. "
            "By confirming you state that you have verified them yourself.",
            _confirm,
            fresh=True,
        ),
        "withdraw": Step(
            RIGHT,
            "Withdraw the proposal",
            "Withdraw this proposal?",
            "The cards stay as they are.",
            _withdraw,
        ),
    }

    def offered(self, request: HttpRequest, row: PriceProposal) -> Iterable[str]:
        if row.confirmed_at is not None:
            return ()
        return ("withdraw",) if is_one_person(row, by(request)) else ("confirm", "withdraw")

    def facts(self, row: PriceProposal) -> list[str]:
        shown = [
            f"{one['row']['name']}: {_before(one)} to {usd(Decimal(one['row']['fmv']))}"
            for one in _largest(row)[:10]
        ]
        return [f"{row.source}, proposed by {row.proposed_by}: {len(row.rows):,} cards", *shown]

    @admin.display(description="cards")
    def cards(self, proposal: PriceProposal) -> int:
        return len(proposal.rows)

    @admin.display(description="prices, largest first")
    def prices(self, proposal: PriceProposal) -> SafeString | str:
        entries = _largest(proposal)[:MOST_SHOWN]
        cards = Card.objects.in_bulk([one["card"] for one in entries if one["card"]])
        rows = [
            (
                link(cards.get(one["card"]), one["row"]["name"]),
                one["row"]["mint_address"] or one["row"]["listing_id"],
                _before(one),
                usd(Decimal(one["row"]["fmv"])),
            )
            for one in entries
        ]
        context = {"rows": rows, "more": len(proposal.rows) - len(rows)}
        return render_to_string("admin/inventory/priceproposal/prices.html", context)


def _largest(proposal: PriceProposal) -> list[dict[str, Any]]:
    """The entries by their new value, the largest first."""
    return sorted(proposal.rows, key=lambda one: Decimal(one["row"]["fmv"]), reverse=True)


def _before(one: dict[str, Any]) -> str:
    return "new" if one["before"] is None else usd(Decimal(one["before"]))
