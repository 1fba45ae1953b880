"""Packs in the admin: odds, expected value, stock, and the buttons that enable and pause a pack."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import CheckConstraint, F, QuerySet, Sum, Window
from django.forms.models import construct_instance
from django.http import HttpRequest
from django.utils.safestring import SafeString

from config.admin.model_admin import NOTHING, TabularInline, lines, list_link
from config.admin.steps import ReasonForm, Step, SteppedAdmin
from config.foundation.errors import Refusal
from config.foundation.money import percent, round_usd, usd
from inventory.models import Pack, Tier
from inventory.packs.enabling import set_enabled
from inventory.packs.figures import refresh_values
from inventory.packs.solvency import concerns, expected_cost
from inventory.packs.tiers import refuse_clash, replace_tiers
from partners.admin.audited import AuditedAdmin, by

MOST_TIERS = 30  # of a pack
BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

if TYPE_CHECKING:
    ModelForm = forms.ModelForm[Any]
    InlineFormSet = forms.BaseInlineFormSet[Any, Any, Any]
else:
    ModelForm, InlineFormSet = forms.ModelForm, forms.BaseInlineFormSet


class TierForm(ModelForm):
    """One tier's own rules. The formset checks the rules between tiers."""

    def _post_clean(self) -> None:
        # Django would compare the tier with the stored tiers, not with the submitted ones.
        tier = construct_instance(self, self.instance, self._meta.fields, self._meta.exclude)
        try:
            tier.clean_fields(exclude={"pack", *self._get_validation_exclusions()})  # type: ignore[attr-defined]
            for rule in Tier._meta.constraints:
                if isinstance(rule, CheckConstraint):
                    rule.validate(Tier, tier)
        except ValidationError as error:
            self._update_errors(error)  # type: ignore[attr-defined]


class TierFormSet(InlineFormSet):
    """A pack's submitted odds, validated together."""

    def clean(self) -> None:
        super().clean()
        if any(self.errors):
            return
        try:
            refuse_clash(self.kept())
        except Refusal as refusal:
            raise ValidationError(refusal.sentence) from refusal

    def add_fields(self, form: Any, index: int | None) -> None:
        """Give each field a label, because a screen reader does not use the table's headings."""
        super().add_fields(form, index)
        for name, field in form.fields.items():
            field.widget.attrs.setdefault("aria-label", str(field.label or name))

    def kept(self) -> list[Tier]:
        """The tiers that are filled in and not marked for deletion."""
        forms_filled = [form for form in self.forms if form.instance.pk or form.has_changed()]
        return [form.instance for form in forms_filled if not form.cleaned_data.get("DELETE")]


class TierInline(TabularInline):
    """The odds, with the stock of each tier."""

    model = Tier
    form = TierForm
    formset = TierFormSet
    ordering = ("position",)
    fields = (
        "position",
        "name",
        "color",
        "lower",
        "upper",
        "weight",
        "odds",
        "mean_value",
        "costs",
        "stock",
    )
    readonly_fields = ("odds", "mean_value", "costs", "stock")

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """Reject a form with more tiers than allowed before building it."""
        formset = super().get_formset(request, obj, max_num=MOST_TIERS, **kwargs)
        formset.absolute_max = MOST_TIERS
        return formset

    def get_extra(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> int:
        return 0 if obj else 3

    def get_queryset(self, request: HttpRequest) -> QuerySet[Tier]:
        share = F("weight") / Window(Sum("weight"), partition_by="pack")
        tiers: QuerySet[Tier] = super().get_queryset(request)
        return tiers.select_related("pack").annotate(share=share)

    @admin.display(description="odds")
    def odds(self, tier: Tier) -> str:
        return percent(tier.share) if tier.pk else NOTHING  # type: ignore[attr-defined]

    @admin.display(description="mean value")
    def mean_value(self, tier: Tier) -> str:
        return usd(tier.mean)

    @admin.display(description="sells back for")
    def costs(self, tier: Tier) -> str:
        return (
            NOTHING if tier.mean is None else usd(round_usd(tier.mean * tier.pack.buyback_percent))
        )

    @admin.display(description="stock")
    def stock(self, tier: Tier) -> SafeString | str:
        if tier.cards is None or tier.available is None:
            return NOTHING
        left = (
            f"{tier.available:,} available"
            if tier.available
            else "drained"
            if tier.cards
            else "no card"
        )
        sold = "" if tier.sold is None else f"{tier.sold:,} sold back"
        return lines(
            [part for part in (left, f"{tier.cards - tier.available:,} with users", sold) if part]
        )


def _set(*, enabled: bool) -> Callable[[HttpRequest, Pack, dict[str, Any]], str]:
    def act(request: HttpRequest, pack: Pack, values: dict[str, Any]) -> str:
        set_enabled(pack=pack, enabled=enabled, reason=values["reason"], by=by(request))
        return f"{pack} is {'enabled' if enabled else 'paused'}."

    return act


STEPS = {
    "enable": Step(
        "inventory.change_pack",
        "Enable",
        "Enable this pack?",
        "Every partner's users can buy pulls from it immediately.",
        _set(enabled=True),
        ReasonForm,
    ),
    "pause": Step(
        "inventory.change_pack",
        "Pause",
        "Pause this pack?",
        "No pulls are sold from now on. Items that users hold can still be sold back.",
        _set(enabled=False),
        ReasonForm,
    ),
}


@admin.register(Pack)
class PackAdmin(AuditedAdmin, SteppedAdmin):
    """Packs with their odds. A pack starts paused and is never deleted: items refer to it."""

    list_display = ("name", "running", "price", "value", "cost", "share", "left", "cards")
    list_filter = ("enable", "type")
    ordering = ("name",)
    search_fields = ("=public_id", "=slug", "name")
    inlines = (TierInline,)
    steps = STEPS
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "name",
                    "slug",
                    "public_id",
                    "type",
                    "platform",
                    "description",
                    "image",
                    "categories",
                )
            },
        ),
        (
            "Price and promise",
            {"fields": ("mint_price", "max_per_mint", "buyback_percent", "buyback_window")},
        ),
        (
            "Checks",
            {"fields": ("running", "remarks", "value", "cost", "range", "ev_updated_at", "cards")},
        ),
    )
    readonly_fields = ("running", "remarks", "value", "cost", "range", "ev_updated_at", "cards")

    def offered(self, request: HttpRequest, row: Pack) -> tuple[str, ...]:
        return ("pause",) if row.enable else ("enable",)

    def facts(self, row: Pack) -> list[str]:
        summary = (
            f"{row}: a pull costs {usd(row.mint_price)} and sells back for "
            f"{usd(expected_cost(row))} on average."
        )
        return [summary, *concerns(row, row.tiers.all())]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fieldsets if obj else self.fieldsets[:2]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        # Partners store these ids.
        return (*self.readonly_fields, "public_id", "slug") if obj else self.readonly_fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Pack]:
        return super().get_queryset(request).prefetch_related("tiers")

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        drawn = "".join(secrets.choice(BASE58) for _ in range(44))
        return {"public_id": drawn, **super().get_changeform_initial_data(request)}

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not change:
            obj.enable = False  # no pulls before it has tiers and cards
        super().save_model(request, obj, form, change)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        formset.new_objects, formset.changed_objects, formset.deleted_objects = [], [], []
        replace_tiers(pack=form.instance, tiers=formset.kept(), by=by(request))

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        refresh_values(pack=form.instance)
        saved = Pack.objects.prefetch_related("tiers").get(pk=form.instance.pk)
        for concern in concerns(saved, saved.tiers.all()):
            messages.warning(request, concern)

    @admin.display(description="state")
    def running(self, pack: Pack) -> SafeString:
        if not pack.enable:
            return SafeString('<span class="badge wait">Paused</span>')
        if not any(tier.available != 0 for tier in pack.tiers.all()):
            return SafeString('<span class="badge bad">Drained</span>')
        return SafeString('<span class="badge good">Enabled</span>')

    @admin.display(description="to know")
    def remarks(self, pack: Pack) -> SafeString | str:
        return lines(concerns(pack, pack.tiers.all())) or "Ready to launch."

    @admin.display(description="price")
    def price(self, pack: Pack) -> str:
        return usd(pack.mint_price)

    @admin.display(description="expected value")
    def value(self, pack: Pack) -> str:
        return usd(pack.ev)

    @admin.display(description="expected sellback")
    def cost(self, pack: Pack) -> str:
        return usd(expected_cost(pack))

    @admin.display(description="values from, to")
    def range(self, pack: Pack) -> str:
        return f"{usd(pack.min_ev)} to {usd(pack.max_ev)}"

    @admin.display(description="pays back")
    def share(self, pack: Pack) -> str:
        return percent(pack.buyback_percent)

    @admin.display(description="available")
    def left(self, pack: Pack) -> str:
        known = [tier.available for tier in pack.tiers.all() if tier.available is not None]
        return f"{sum(known):,}" if known else NOTHING

    @admin.display(description="cards")
    def cards(self, pack: Pack) -> SafeString | str:
        return list_link("inventory_card", "Cards", pack__id__exact=pack.pk) if pack.pk else "–"
