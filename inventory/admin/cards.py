"""The vault in the admin: cards, their price history, and importing files with a preview."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString

from config.admin.model_admin import NOTHING, link, list_link
from config.foundation import clock
from config.foundation.money import usd
from inventory.admin.card_form import CardForm
from inventory.admin.imports import ImportPages, waiting_message
from inventory.models import Card
from inventory.vault.bounds import needs_second_person
from inventory.vault.price_decisions import propose_card
from partners.admin.audited import AuditedAdmin, by

MOST_CHANGES = 50


class PriceWaits(Exception):
    """Rolls the form's transaction back: none of it is saved."""

    def __init__(self, card: Card) -> None:
        super().__init__(card.name)
        self.card = card


@admin.register(Card)
class CardAdmin(ImportPages, AuditedAdmin):
    """The vault. A card's ids are set once, because partners store them."""

    list_display = ("name", "public_id", "source_type", "pack_link", "value", "priced_at")
    list_filter = ("source_type", "pack")
    list_select_related = ("pack",)
    search_fields = ("=public_id", "=listing_id", "=mint_address", "^name")
    autocomplete_fields = ("pack",)
    form = CardForm
    exclude = ("priced_at",)
    readonly_fields = ("public_id", "priced_at", "created_at", "items", "prices")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        ids = ("source_type", "listing_id", "mint_address") if obj else ()
        return (*self.readonly_fields, *ids)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        # The form omits the time of the price. The page shows it.
        return [*(f for f in super().get_fields(request, obj) if f != "priced_at"), "priced_at"]

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """A price out of bounds saves nothing: the whole form waits for a second person."""
        try:
            return super().changeform_view(request, *args, **kwargs)
        except PriceWaits as price:
            propose_card(card=price.card, by=by(request))
            messages.warning(request, waiting_message(1))
            return HttpResponseRedirect(reverse("admin:inventory_card_changelist"))

    def save_model(self, request: HttpRequest, obj: Card, form: Any, change: bool) -> None:
        if change:  # so that two forms at a time cannot each take a step
            Card.objects.select_for_update(no_key=True).get(pk=obj.pk)
        if needs_second_person(obj.pk, obj.fmv):
            raise PriceWaits(obj)
        super().save_model(request, obj, form, change)

    def audited(self, row: Card, fields: list[str]) -> list[str]:
        if "fmv" in fields:
            row.priced_at = clock.now()
            fields = [*fields, "priced_at"]
        return super().audited(row, fields)

    @admin.display(description="value history")
    def prices(self, card: Card) -> SafeString | str:
        if not card.pk:
            return NOTHING
        changes = list(card.price_changes.all()[:MOST_CHANGES])
        course = sorted((change.priced_at, change.fmv) for change in changes)
        if changes:
            began = min(card.created_at, course[0][0])
            course = [(began, changes[-1].before), *course, (clock.now(), card.fmv)]
        context = {"changes": changes, "points": course, "most": MOST_CHANGES}
        return render_to_string("admin/inventory/card/prices.html", context)

    @admin.display(description="pack")
    def pack_link(self, card: Card) -> SafeString | str:
        return link(card.pack)

    @admin.display(description="market value")
    def value(self, card: Card) -> str:
        return usd(card.fmv)

    @admin.display(description="pulls of this card")
    def items(self, card: Card) -> SafeString | str:
        return list_link("inventory_item", "Items", card__id__exact=card.pk) if card.pk else "–"
