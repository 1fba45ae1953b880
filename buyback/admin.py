"""Sellbacks, payouts and the ledger: to look at, for everybody. Only the actions write here: an open sale is hurried
or resolved by buttons of its page, the treasury's guards have a page of their own.
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from buyback import guards_admin  # noqa: F401  (registers the treasury's guards, what was spent, and alerts)
from buyback.models import Buyback, Payout, Proposal, Transfer
from buyback.review_admin import steps_of, take_step
from config.admin import BY_ENVIRONMENT, ReadOnlyAdmin, ReadOnlyInline, badge, link, percent, usd

BUYBACK_TONES = {
    "settled": "good",
    "failed": "bad",
    "claimed": "wait",
    "submitted": "wait",
    "unknown": "bad",
    "review": "bad",
}
PAYOUT_TONES = {"paid": "good", "pending": "wait", "failed": "bad"}


class PayoutInline(ReadOnlyInline):
    model = Payout
    fields = ("amount", "state", "created_at", "paid_at")


class TransferInline(ReadOnlyInline):
    model = Transfer
    fields = ("debit", "credit", "amount", "created_at")


class ProposalInline(ReadOnlyInline):
    model = Proposal
    verbose_name_plural = "review"
    fields = ("outcome", "reason", "proposed_by", "created_at", "confirmed_by", "confirmed_at")


@admin.register(Buyback)
class BuybackAdmin(ReadOnlyAdmin):
    """Every attempt to sell an item back: its price's basis, what it paid, its lines in the ledger, its review."""

    list_display = ("id", "badge", "paid", "item_link", "environment", "requested_by", "created_at", "payout_link")
    list_filter = ("state", *BY_ENVIRONMENT)
    list_select_related = ("environment__partner", "item", "payout")
    search_fields = ("=pk", "=item__public_id", "=item__collector__user_id")
    inlines = (TransferInline, PayoutInline, ProposalInline)
    readonly_fields = ("badge", "reference", "item_link", "user_link", "share", "paid")
    fieldsets = (
        (None, {"fields": ("badge", "failure_reason", "item_link", "user_link", "environment", "requested_by")}),
        ("Price", {"fields": ("fmv", "priced_at", "share", "mint_price", "voucher", "paid")}),
        ("Times", {"fields": ("created_at", "submitted_at", "lease_until", "completed_at")}),
        ("Treasury", {"fields": ("reference", "remote")}),
    )

    def get_urls(self) -> list[URLPattern]:
        """Before Django's own, whose last pattern takes every address."""
        step = self.admin_site.admin_view(require_POST(self.step))
        return [path("<uuid:pk>/step/", step, name="buyback_buyback_step"), *super().get_urls()]

    def step(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """One of the buttons."""
        return take_step(self, request, pk)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        steps = steps_of(request, object_id)
        response: HttpResponse = super().change_view(request, object_id, form_url, {"steps": steps})
        return response

    @admin.display(description="user")
    def user_link(self, buyback: Buyback) -> SafeString | str:
        return link(buyback.item.collector)

    @admin.display(description="share of the market value")
    def share(self, buyback: Buyback) -> str:
        return percent(buyback.buyback_percent)

    @admin.display(description="known to the treasury as")
    def reference(self, buyback: Buyback) -> str:
        return buyback.reference

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
