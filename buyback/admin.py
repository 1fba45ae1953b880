"""Sellbacks, payouts and the ledger: to look at, for everybody. Only the actions write here: an open sale is hurried
or resolved by buttons of its page, the treasury's guards have a page of their own.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString

from buyback import (
    guards_admin,  # noqa: F401  (registers the treasury's guards, what was spent, and alerts)
    review_admin,
)
from buyback.models import Buyback, Payout, Proposal, Transfer
from buyback.story_admin import attempts_of, tell
from config.admin import BY_ENVIRONMENT, ReadOnlyAdmin, ReadOnlyInline, Untouchable, badge, link, percent, usd
from config.admin_steps import SteppedAdmin

BUYBACK_TONES = {
    "settled": "good",
    "failed": "bad",
    "claimed": "wait",
    "submitted": "wait",
    "unknown": "bad",
    "review": "bad",
}
PAYOUT_TONES = {"paid": "good", "pending": "wait", "failed": "bad"}


class ProposalInline(ReadOnlyInline):
    model = Proposal
    verbose_name_plural = "review"
    fields = ("outcome", "reason", "proposed_by", "created_at", "confirmed_by", "confirmed_at")


@admin.register(Buyback)
class BuybackAdmin(Untouchable, SteppedAdmin):
    """Every attempt to sell an item back: its price's basis, its whole story, and its review."""

    list_display = ("id", "badge", "paid", "item_link", "environment", "requested_by", "created_at", "payout_link")
    list_filter = ("state", *BY_ENVIRONMENT)
    list_select_related = ("environment__partner", "item", "payout")
    search_fields = ("=pk", "=item__public_id", "=item__collector__user_id")
    inlines = (ProposalInline,)
    change_form_template = "admin/buyback/buyback/change_form.html"
    steps = review_admin.STEPS
    readonly_fields = ("badge", "item_link", "user_link", "share", "paid")
    fieldsets = (
        (None, {"fields": ("badge", "failure_reason", "item_link", "user_link", "environment", "requested_by")}),
        ("Price", {"fields": ("fmv", "priced_at", "share", "mint_price", "voucher", "paid")}),
        ("Times", {"fields": ("created_at", "submitted_at", "lease_until", "completed_at")}),
        ("Treasury", {"fields": ("treasury", "reference")}),
    )

    def offered(self, request: HttpRequest, row: Buyback) -> Iterable[str]:
        return review_admin.offered(request, row)

    def facts(self, row: Buyback) -> list[str]:
        told = [
            f"Item {row.item} of {row.environment}",
            f"{'Not priced yet' if row.amount is None else usd(row.amount)}, asked for by {row.requested_by}",
            f"Known to {row.treasury} as {row.reference}" if row.treasury else "Asked of no treasury",
        ]
        proposal = getattr(row, "proposal", None)
        if proposal is not None:
            told.append(f"{proposal.get_outcome_display()}, says {proposal.proposed_by}: {proposal.reason}")
        return told

    def hidden(self, row: Buyback) -> dict[str, Any]:
        proposal = getattr(row, "proposal", None)
        return {"proposal": proposal.pk} if proposal else {}

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        sale = self.get_object(request, object_id)
        told = (
            ()
            if sale is None
            else (
                ("story", "Story", tell(sale)),
                ("attempts", "Every attempt to sell this item", attempts_of(sale)),
            )
        )
        return super().change_view(request, object_id, form_url, {"tables": told})

    @admin.display(description="user")
    def user_link(self, buyback: Buyback) -> SafeString | str:
        return link(buyback.item.collector)

    @admin.display(description="share of the market value")
    def share(self, buyback: Buyback) -> str:
        return percent(buyback.buyback_percent)

    @admin.display(description="state")
    def badge(self, buyback: Buyback) -> SafeString:
        return badge(buyback, "state", BUYBACK_TONES)

    @admin.display(description="amount")
    def paid(self, buyback: Buyback) -> str:
        return usd(buyback.amount)

    @admin.display(description="item")
    def item_link(self, buyback: Buyback) -> SafeString | str:
        return link(buyback.item)

    @admin.display(description="payout")
    def payout_link(self, buyback: Buyback) -> SafeString | str:
        payout = getattr(buyback, "payout", None)
        return link(payout, payout.get_state_display() if payout else "")


@admin.register(Payout)
class PayoutAdmin(ReadOnlyAdmin):
    list_display = (
        "id",
        "badge",
        "paid",
        "collector_link",
        "environment",
        "buyback_link",
        "created_at",
        "paid_at",
    )
    list_filter = ("state", *BY_ENVIRONMENT)
    list_select_related = ("environment__partner", "collector", "buyback")
    search_fields = ("=pk", "=buyback_id", "=collector__user_id")

    @admin.display(description="state")
    def badge(self, payout: Payout) -> SafeString:
        return badge(payout, "state", PAYOUT_TONES)

    @admin.display(description="amount")
    def paid(self, payout: Payout) -> str:
        return usd(payout.amount)

    @admin.display(description="user")
    def collector_link(self, payout: Payout) -> SafeString | str:
        return link(payout.collector)

    @admin.display(description="sellback")
    def buyback_link(self, payout: Payout) -> SafeString | str:
        return link(payout.buyback, "Sellback")


@admin.register(Transfer)
class TransferAdmin(ReadOnlyAdmin):
    """The ledger. Its table refuses every change, whoever asks."""

    list_display = ("id", "debit", "credit", "moved", "environment", "buyback_link", "created_at")
    list_filter = ("debit", "credit", *BY_ENVIRONMENT)
    list_select_related = ("environment__partner", "buyback")
    search_fields = ("=pk", "=buyback_id")

    @admin.display(description="amount")
    def moved(self, transfer: Transfer) -> str:
        return usd(transfer.amount)

    @admin.display(description="sellback")
    def buyback_link(self, transfer: Transfer) -> SafeString | str:
        return link(transfer.buyback, "Sellback")
