"""Sellbacks, payouts and the ledger: to look at, for everybody. Only the actions write here."""

from __future__ import annotations

from django.contrib import admin
from django.utils.safestring import SafeString

from buyback.models import Buyback, Payout, Transfer
from config.admin import ReadOnlyAdmin, ReadOnlyInline, badge, link, usd

BUYBACK_TONES = {
    "settled": "good",
    "failed": "bad",
    "claimed": "wait",
    "submitted": "wait",
    "unknown": "bad",
    "review": "bad",
}
PAYOUT_TONES = {"paid": "good", "pending": "wait", "failed": "bad"}
BY_ENVIRONMENT = ("environment__mode", "environment__partner")


class PayoutInline(ReadOnlyInline):
    model = Payout
    fields = ("amount", "state", "created_at", "paid_at")


class TransferInline(ReadOnlyInline):
    model = Transfer
    fields = ("debit", "credit", "amount", "created_at")


@admin.register(Buyback)
class BuybackAdmin(ReadOnlyAdmin):
    """Every attempt to sell an item back: what it was priced from, what it paid, and its lines in the ledger."""

    list_display = ("id", "badge", "paid", "item_link", "environment", "requested_by", "created_at", "payout_link")
    list_filter = ("state", *BY_ENVIRONMENT)
    list_select_related = ("environment__partner", "item", "payout")
    search_fields = ("=pk", "=item__public_id", "=item__collector__user_id")
    inlines = (PayoutInline, TransferInline)

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
