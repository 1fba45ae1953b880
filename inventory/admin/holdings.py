"""Admin pages for users and their items, which only actions change."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from config.admin.model_admin import (
    BY_ENVIRONMENT,
    ReadOnlyAdmin,
    ReadOnlyInline,
    Untouchable,
    badge,
    link,
    list_link,
)
from config.admin.steps import ReasonForm, Step, SteppedAdmin
from config.foundation.money import percent, usd
from inventory.admin import (
    cards,  # noqa: F401  (registers cards)
    packs,  # noqa: F401  (registers packs)
    prices,  # noqa: F401  (registers price proposals)
    shipping,  # noqa: F401  (registers orders)
)
from inventory.admin.windows import WindowAdmin, time
from inventory.forgetting.forget import PSEUDONYM, forget
from inventory.models import Collector, Item, Purchase
from partners.admin.audited import by

ITEM_TONES = {
    "held": "good",
    "selling": "wait",
    "shipping": "wait",
    "sold": "plain",
    "shipped": "plain",
}
PURCHASE_TONES = {"fulfilled": "good", "pending": "wait", "failed": "bad"}


def _forget(request: HttpRequest, collector: Collector, values: dict[str, Any]) -> str:
    forgotten = forget(collector=collector, reason=values["reason"], by=by(request))
    return f"The user is now {forgotten.pseudonym}. The worker erases the old id from the records."


@admin.register(Collector)
class CollectorAdmin(Untouchable, SteppedAdmin):
    """Users. Their id can be erased, with a reason."""

    steps: ClassVar[dict[str, Step]] = {
        "forget": Step(
            "inventory.forget_user",
            "Forget the user",
            "Erase this user's personal data?",
            (
                "The id becomes a pseudonym, and addresses are erased. Money, items and the ledger "
                "stay. This cannot be undone."
            ),
            _forget,
            ReasonForm,
        )
    }
    list_display = ("user_id", "environment", "created_at", "items", "payouts")
    list_filter = BY_ENVIRONMENT
    list_select_related = ("environment__partner",)
    search_fields = ("=user_id",)
    fields = ("user_id", "environment", "created_at", "items", "payouts")
    readonly_fields = fields

    def offered(self, request: HttpRequest, row: Collector) -> Iterable[str]:
        return () if PSEUDONYM.fullmatch(row.user_id) else ("forget",)

    def facts(self, row: Collector) -> list[str]:
        return [f"User {row} of {row.environment}"]

    @admin.display(description="items")
    def items(self, collector: Collector) -> SafeString:
        return list_link("inventory_item", "Items", collector__id__exact=collector.pk)

    @admin.display(description="payouts")
    def payouts(self, collector: Collector) -> SafeString:
        return list_link("buyback_payout", "Payouts", collector__id__exact=collector.pk)


class PulledInline(ReadOnlyInline):
    model = Item
    verbose_name_plural = "pulled"
    fields = ("public_id", "card", "state", "fmv", "buyback_price", "expires_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Item]:
        return super().get_queryset(request).select_related("card")


@admin.register(Purchase)
class PurchaseAdmin(ReadOnlyAdmin):
    list_display = (
        "id",
        "environment",
        "collector_link",
        "pack",
        "amount",
        "price",
        "badge",
        "created_at",
    )
    list_filter = ("state", *BY_ENVIRONMENT, "pack")
    list_select_related = ("environment__partner", "collector", "pack")
    search_fields = ("=pk", "=public_id", "=collector__user_id")
    inlines = (PulledInline,)

    @admin.display(description="user")
    def collector_link(self, purchase: Purchase) -> SafeString | str:
        return link(purchase.collector)

    @admin.display(description="price of one")
    def price(self, purchase: Purchase) -> str:
        return usd(purchase.mint_price)

    @admin.display(description="state")
    def badge(self, purchase: Purchase) -> SafeString:
        return badge(purchase, "state", PURCHASE_TONES)


@admin.register(Item)
class ItemAdmin(WindowAdmin):
    """Items. Only a sellback or a shipping order changes an item's state.

    Admins can change its window, with a reason.
    """

    list_display = (
        "public_id",
        "badge",
        "card_link",
        "collector_link",
        "environment",
        "value",
        "price",
        "purchased_at",
        "expires_at",
        "sellbacks",
    )
    list_filter = ("state", *BY_ENVIRONMENT, "pack")
    list_select_related = ("environment__partner", "card", "collector")
    # By card: an item's own id is indexed only while it is not sold.
    search_fields = ("=card__public_id", "=card__listing_id", "=collector__user_id")
    readonly_fields = ("badge", "value", "share", "price", "closes", "sellbacks")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "public_id",
                    "badge",
                    "card",
                    "collector",
                    "environment",
                    "pack",
                    "purchase",
                )
            },
        ),
        ("At the pull", {"fields": ("purchased_at", "value", "share", "price")}),
        ("Since", {"fields": ("closes", "expired_at", "sold_at", "sellbacks")}),
    )

    @admin.display(description="state")
    def badge(self, item: Item) -> SafeString:
        return badge(item, "state", ITEM_TONES)

    @admin.display(description="card")
    def card_link(self, item: Item) -> SafeString | str:
        return link(item.card)

    @admin.display(description="user")
    def collector_link(self, item: Item) -> SafeString | str:
        return link(item.collector)

    @admin.display(description="value at pull")
    def value(self, item: Item) -> str:
        return usd(item.fmv)

    @admin.display(description="sellback at pull")
    def price(self, item: Item) -> str:
        return usd(item.buyback_price)

    @admin.display(description="share of the market value")
    def share(self, item: Item) -> str:
        return percent(item.buyback_percent)

    @admin.display(description="sells until")
    def closes(self, item: Item) -> str:
        return time(item)

    @admin.display(description="sellbacks")
    def sellbacks(self, item: Item) -> SafeString:
        return list_link("buyback_buyback", "Sellbacks", item__id__exact=item.pk)
