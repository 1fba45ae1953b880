"""Sellbacks, payouts and reversals in the admin, read-only.

Buttons on the page of an open sellback reconcile or resolve it. The guards have a separate page.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString

from buyback.admin import (
    differences,  # noqa: F401  (registers differences with the treasury)
    guards,  # noqa: F401  (registers the treasury's guards, what was spent, and alerts)
    ledger,  # noqa: F401  (registers the ledger)
    partner,  # noqa: F401  (registers partners)
    reversal,
    review,
)
from buyback.admin.story import attempts_of, timeline
from buyback.models import Buyback, Payout, Proposal, Reversal
from config.admin.model_admin import (
    BY_ENVIRONMENT,
    ReadOnlyAdmin,
    ReadOnlyInline,
    Untouchable,
    badge,
    link,
)
from config.admin.steps import SteppedAdmin
from config.foundation.money import percent, usd

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


class ReversalInline(ReadOnlyInline):
    model = Reversal
    fields = ("amount", "reason", "proposed_by", "created_at", "confirmed_by", "confirmed_at")


@admin.register(Buyback)
class BuybackAdmin(Untouchable, SteppedAdmin):
    """Every attempt to sell back an item: price basis, timeline and review."""

    list_display = (
        "id",
        "badge",
        "paid",
        "item_link",
        "environment",
        "requested_by",
        "created_at",
        "payout_link",
    )
    list_filter = ("state", *BY_ENVIRONMENT)
    list_select_related = ("environment__partner", "item", "payout", "reversal")
    # By card: an item's own id is indexed only while it is not sold.
    search_fields = (
        "=pk",
        "=item__card__public_id",
        "=item__card__listing_id",
        "=item__collector__user_id",
    )
    inlines = (ProposalInline, ReversalInline)
    change_form_template = "admin/buyback/buyback/change_form.html"
    steps = review.STEPS | reversal.STEPS
    readonly_fields = ("badge", "item_link", "user_link", "value", "share", "pull", "paid")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "badge",
                    "failure_code",
                    "failure_detail",
                    "item_link",
                    "user_link",
                    "environment",
                    "requested_by",
                )
            },
        ),
        ("Price", {"fields": ("value", "priced_at", "share", "pull", "voucher", "paid")}),
        ("Times", {"fields": ("created_at", "submitted_at", "lease_until", "completed_at")}),
        ("Treasury", {"fields": ("treasury", "reference")}),
    )

    def offered(self, request: HttpRequest, row: Buyback) -> Iterable[str]:
        return (*review.offered(request, row), *reversal.offered(request, row))

    def facts(self, row: Buyback) -> list[str]:
        lines = [
            f"Item {row.item} of {row.environment}",
            (
                f"{'Not priced yet' if row.amount is None else usd(row.amount)}, requested by "
                f"{row.requested_by}"
            ),
            f"Known to {row.treasury} as {row.reference}"
            if row.treasury
            else "Not submitted to a treasury",
        ]
        proposal, reversal = getattr(row, "proposal", None), getattr(row, "reversal", None)
        if proposal is not None:
            lines.append(
                f"{proposal.get_outcome_display()}, says {proposal.proposed_by}: {proposal.reason}"
            )
        if reversal is not None:
            lines.append(
                f"{usd(reversal.amount)} were recovered, says {reversal.proposed_by}: "
                f"{reversal.reason}"
            )
        return lines

    def hidden(self, row: Buyback) -> dict[str, Any]:
        """The proposal's id. After a review, the proposal that waits is a reversal."""
        waits = getattr(row, "reversal", None) or getattr(row, "proposal", None)
        return {"proposal": waits.pk} if waits else {}

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        sale = self.get_object(request, object_id)
        tables = (
            ()
            if sale is None
            else (
                ("story", "Story", timeline(sale)),
                ("attempts", "Every attempt to sell this item", attempts_of(sale)),
            )
        )
        return super().change_view(request, object_id, form_url, {"tables": tables})

    @admin.display(description="user")
    def user_link(self, buyback: Buyback) -> SafeString | str:
        return link(buyback.item.collector)

    @admin.display(description="market value")
    def value(self, buyback: Buyback) -> str:
        return usd(buyback.fmv)

    @admin.display(description="price of the pull")
    def pull(self, buyback: Buyback) -> str:
        return usd(buyback.mint_price)

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
        return link(payout, f"{payout.get_state_display()}{_reversed(buyback)}" if payout else "")


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
        "back",
    )
    list_filter = ("state", *BY_ENVIRONMENT)
    list_select_related = ("environment__partner", "collector", "buyback__reversal")
    search_fields = ("=pk", "=buyback_id", "=collector__user_id")

    readonly_fields = ("back",)

    @admin.display(description="reversal")
    def back(self, payout: Payout) -> SafeString | str:
        return link(
            getattr(payout.buyback, "reversal", None), _reversed(payout.buyback).strip(", ")
        )

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


@admin.register(Reversal)
class ReversalAdmin(ReadOnlyAdmin):
    """Recovered payouts, confirmed or waiting for a second person.

    They are proposed and confirmed on the sellback's page.
    """

    list_display = (
        "id",
        "amount_back",
        "environment",
        "buyback_link",
        "reason",
        "proposed_by",
        "confirmed_by",
        "confirmed_at",
    )
    list_filter = (("confirmed_at", admin.EmptyFieldListFilter), *BY_ENVIRONMENT)
    list_select_related = ("environment__partner", "buyback")
    search_fields = ("=pk", "=buyback_id")

    @admin.display(description="amount")
    def amount_back(self, reversal: Reversal) -> str:
        return usd(reversal.amount)

    @admin.display(description="sellback")
    def buyback_link(self, reversal: Reversal) -> SafeString | str:
        return link(reversal.buyback, "Sellback")


def _reversed(sale: Buyback) -> str:
    """Whether the payout was reversed, which its state does not say."""
    found = getattr(sale, "reversal", None)
    if found is None:
        return ""
    return ", reversal proposed" if found.confirmed_at is None else ", reversed"
