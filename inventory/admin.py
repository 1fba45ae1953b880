"""Packs and the vault, which admins change; users and what they hold, which only actions do."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import CheckConstraint, QuerySet
from django.forms.models import construct_instance
from django.http import HttpRequest
from django.utils.safestring import SafeString

from config import clock
from config.admin import (
    BY_ENVIRONMENT,
    ReadOnlyAdmin,
    ReadOnlyInline,
    TabularInline,
    badge,
    link,
    list_link,
    percent,
    usd,
)
from config.errors import Refusal
from inventory.card_form import CardForm
from inventory.models import Card, Collector, Item, Pack, Purchase, Tier
from inventory.tiers import refuse_clash, replace_tiers
from inventory.window_admin import WindowAdmin
from partners import audit
from partners.audited_admin import AuditedAdmin, by

BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
ITEM_TONES = {"held": "good", "selling": "wait", "shipping": "wait", "sold": "plain", "shipped": "plain"}
PURCHASE_TONES = {"fulfilled": "good", "pending": "wait", "failed": "bad"}

if TYPE_CHECKING:
    ModelForm = forms.ModelForm[Any]
    InlineFormSet = forms.BaseInlineFormSet[Any, Any, Any]
else:
    ModelForm, InlineFormSet = forms.ModelForm, forms.BaseInlineFormSet


class TierForm(ModelForm):
    """One tier's own rules. What it must not share with its sisters is judged by the formset, for all at once."""

    def _post_clean(self) -> None:
        # Django would compare the tier with its sisters as they are stored, not as they will be.
        tier = construct_instance(self, self.instance, self._meta.fields, self._meta.exclude)
        try:
            tier.clean_fields(exclude={"pack", *self._get_validation_exclusions()})  # type: ignore[attr-defined]
            for rule in Tier._meta.constraints:
                if isinstance(rule, CheckConstraint):
                    rule.validate(Tier, tier)
        except ValidationError as error:
            self._update_errors(error)  # type: ignore[attr-defined]


class TierFormSet(InlineFormSet):
    """A pack's odds as they will be, judged together."""

    def clean(self) -> None:
        super().clean()
        if any(self.errors):
            return
        try:
            refuse_clash(self.kept())
        except Refusal as refusal:
            raise ValidationError(refusal.sentence) from refusal

    def kept(self) -> list[Tier]:
        """The tiers that are filled in and not marked for deletion."""
        forms_filled = [form for form in self.forms if form.instance.pk or form.has_changed()]
        return [form.instance for form in forms_filled if not form.cleaned_data.get("DELETE")]


class TierInline(TabularInline):
    model = Tier
    form = TierForm
    formset = TierFormSet
    extra = 0
    ordering = ("position",)


@admin.register(Pack)
class PackAdmin(AuditedAdmin):
    """Packs with their odds. A pack is paused, never deleted: users hold what came out of it."""

    list_display = ("name", "slug", "running", "type", "price", "value", "share", "cards")
    list_filter = ("enable", "type")
    ordering = ("name",)
    search_fields = ("=public_id", "=slug", "name")
    inlines = (TierInline,)
    actions = ("enable_packs", "pause_packs")
    readonly_fields = ("ev", "min_ev", "max_ev", "ev_updated_at", "created_at", "cards")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        # Partners keep these ids.
        return (*self.readonly_fields, "public_id", "slug") if obj else self.readonly_fields

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        drawn = "".join(secrets.choice(BASE58) for _ in range(44))
        return {"public_id": drawn, **super().get_changeform_initial_data(request)}

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        formset.new_objects, formset.changed_objects, formset.deleted_objects = [], [], []
        replace_tiers(pack=form.instance, tiers=formset.kept(), by=by(request))

    @admin.display(description="state")
    def running(self, pack: Pack) -> SafeString:
        label = "Enabled" if pack.enable else "Paused"
        return SafeString(f'<span class="badge {"good" if pack.enable else "wait"}">{label}</span>')

    @admin.display(description="price")
    def price(self, pack: Pack) -> str:
        return usd(pack.mint_price)

    @admin.display(description="expected value")
    def value(self, pack: Pack) -> str:
        return usd(pack.ev)

    @admin.display(description="pays back")
    def share(self, pack: Pack) -> str:
        return percent(pack.buyback_percent)

    @admin.display(description="cards")
    def cards(self, pack: Pack) -> SafeString | str:
        return list_link("inventory_card", "Cards", pack__id__exact=pack.pk) if pack.pk else "–"

    @admin.action(description="Enable", permissions=["change"])
    def enable_packs(self, request: HttpRequest, packs: QuerySet[Pack]) -> None:
        self._set(request, packs, enable=True)

    @admin.action(description="Pause", permissions=["change"])
    def pause_packs(self, request: HttpRequest, packs: QuerySet[Pack]) -> None:
        self._set(request, packs, enable=False)

    def _set(self, request: HttpRequest, packs: QuerySet[Pack], *, enable: bool) -> None:
        for pack in packs:
            pack.enable = enable
            audit.save(row=pack, fields=["enable"], by=by(request))
        self.message_user(request, f"{len(packs)} {'enabled' if enable else 'paused'}.")


@admin.register(Card)
class CardAdmin(AuditedAdmin):
    """The vault. A card's ids are what partners know it by, so they are set once."""

    list_display = ("name", "public_id", "source_type", "pack_link", "value", "priced_at")
    list_filter = ("source_type", "pack")
    list_select_related = ("pack",)
    search_fields = ("=public_id", "=listing_id", "=mint_address", "^name")
    autocomplete_fields = ("pack",)
    form = CardForm
    exclude = ("priced_at",)
    readonly_fields = ("public_id", "priced_at", "created_at", "items")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        ids = ("source_type", "listing_id", "mint_address") if obj else ()
        return (*self.readonly_fields, *ids)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        # The form leaves the price's time out; the page shows it.
        return [*(f for f in super().get_fields(request, obj) if f != "priced_at"), "priced_at"]

    def audited(self, row: Card, fields: list[str]) -> list[str]:
        if "fmv" in fields:
            row.priced_at = clock.now()
            fields = [*fields, "priced_at"]
        return super().audited(row, fields)

    @admin.display(description="pack")
    def pack_link(self, card: Card) -> SafeString | str:
        return link(card.pack)

    @admin.display(description="market value")
    def value(self, card: Card) -> str:
        return usd(card.fmv)

    @admin.display(description="pulls of this card")
    def items(self, card: Card) -> SafeString | str:
        return list_link("inventory_item", "Items", card__id__exact=card.pk) if card.pk else "–"


@admin.register(Collector)
class CollectorAdmin(ReadOnlyAdmin):
    list_display = ("user_id", "environment", "created_at", "items", "payouts")
    list_filter = BY_ENVIRONMENT
    list_select_related = ("environment__partner",)
    search_fields = ("=user_id",)
    fields = ("user_id", "environment", "created_at", "items", "payouts")

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
    list_display = ("id", "environment", "collector_link", "pack", "amount", "price", "badge", "created_at")
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
    """What users hold. A state changes by a sale, a shipment, or not at all; a window by people with a reason."""

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
    search_fields = ("=public_id", "=collector__user_id")
    readonly_fields = ("sellbacks",)

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

    @admin.display(description="sellbacks")
    def sellbacks(self, item: Item) -> SafeString:
        return list_link("buyback_buyback", "Sellbacks", item__id__exact=item.pk)
