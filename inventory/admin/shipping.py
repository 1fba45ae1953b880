"""Shipping orders in the admin: all staff can read them, fulfilment moves them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from config.admin.model_admin import BY_ENVIRONMENT, ReadOnlyInline, Untouchable, badge, link
from config.admin.steps import NoQuestions, ReasonForm, Step, SteppedAdmin
from config.foundation.money import usd
from inventory.models import ShippedItem, ShippingOrder
from inventory.models.shipping import ORDER_MOVES
from inventory.shipping.addresses import FIELDS
from inventory.shipping.fulfilment import NoSuchStep, advance
from partners.admin.audited import by

RIGHT = "inventory.fulfil_order"
TONES = {"delivered": "good", "shipped": "good", "cancelled": "plain", "failed": "bad"}


class LabelForm(forms.Form):
    """The carrier's tracking data."""

    tracking_number = forms.CharField(max_length=100, label="Tracking number")
    tracking_url = forms.URLField(
        max_length=500,
        required=False,
        assume_scheme="https",
        label="Tracking page, if the carrier has one",
    )


class GiveUpForm(ReasonForm):
    """The reason for cancelling or failing an order. The partner sees it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].label = "Why? The partner sees this."


def _move(to: str) -> Callable[[HttpRequest, ShippingOrder, dict[str, Any]], str]:
    def act(request: HttpRequest, order: ShippingOrder, values: dict[str, Any]) -> str:
        if not order.environment.is_live:  # partners move sandbox orders themselves
            raise NoSuchStep
        reported = {
            "error_message" if name == "reason" else name: value for name, value in values.items()
        }
        moved = advance(order=order, by=by(request), to=to, **reported)
        return f"The order is {moved.get_state_display().lower()} now."

    return act


def _step(
    to: str, label: str, question: str, consequence: str, form: type[forms.Form] = NoQuestions
) -> Step:
    return Step(RIGHT, label, question, consequence, _move(to), form)


STEPS = {
    "processing": _step(
        "processing",
        "Begin",
        "Start processing this order?",
        "The partner gets an event: the order is being prepared.",
    ),
    "label_created": _step(
        "label_created",
        "Label created",
        "Does the parcel have its label?",
        "The partner gets an event with the tracking number.",
        LabelForm,
    ),
    "shipped": _step(
        "shipped",
        "Shipped",
        "Has the carrier collected the parcel?",
        "The items leave the vault permanently. From now on the order can only be delivered.",
    ),
    "delivered": _step("delivered", "Delivered", "Has the parcel arrived?", "The order is done."),
    "cancelled": _step(
        "cancelled",
        "Cancel",
        "Cancel this order?",
        "Its users hold the items again. They can be sold back or shipped in another order.",
        GiveUpForm,
    ),
    "failed": _step(
        "failed",
        "It failed",
        "Mark this order as failed?",
        "Its users hold the items again. They can be sold back or shipped in another order.",
        GiveUpForm,
    ),
}


class LinesInline(ReadOnlyInline):
    model = ShippedItem
    verbose_name_plural = "items"
    fields = ("item_link", "card", "user", "released")
    readonly_fields = fields
    show_change_link = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[ShippedItem]:
        return super().get_queryset(request).select_related("item__card", "item__collector")

    @admin.display(description="item")
    def item_link(self, line: ShippedItem) -> SafeString | str:
        return link(line.item)

    @admin.display(description="card")
    def card(self, line: ShippedItem) -> str:
        return str(line.item.card)

    @admin.display(description="user")
    def user(self, line: ShippedItem) -> SafeString | str:
        return link(line.item.collector)


@admin.register(ShippingOrder)
class ShippingOrderAdmin(Untouchable, SteppedAdmin):
    """All orders. Only the buttons of its page move a live order; partners move sandbox orders."""

    list_display = (
        "public_id",
        "badge",
        "environment",
        "service",
        "cost",
        "requested_by",
        "created_at",
        "shipped_at",
    )
    list_filter = ("state", *BY_ENVIRONMENT)
    list_select_related = ("environment__partner",)
    search_fields = ("=public_id",)
    inlines = (LinesInline,)
    steps = STEPS
    readonly_fields = ("badge", "cost", "address")
    fieldsets = (
        (None, {"fields": ("public_id", "badge", "error_message", "environment", "requested_by")}),
        (
            "Parcel",
            {
                "fields": (
                    "carrier",
                    "service",
                    "insured",
                    "cost",
                    "tracking_number",
                    "tracking_url",
                    "address",
                )
            },
        ),
        (
            "Times",
            {
                "fields": (
                    "created_at",
                    "processing_at",
                    "labelled_at",
                    "shipped_at",
                    "delivered_at",
                    "ended_at",
                    "erased_at",
                )
            },
        ),
    )

    def offered(self, request: HttpRequest, row: ShippingOrder) -> Iterable[str]:
        return tuple(
            after
            for before, after in ORDER_MOVES
            if before == row.state and row.environment.is_live
        )

    def facts(self, row: ShippingOrder) -> list[str]:
        return [
            f"Order {row} of {row.environment}, {row.get_state_display().lower()}",
            f"{row.carrier}, {row.service}, {usd(row.amount)}",
            f"To {self.address(row)}",
        ]

    @admin.display(description="state")
    def badge(self, order: ShippingOrder) -> SafeString:
        return badge(order, "state", TONES)

    @admin.display(description="cost")
    def cost(self, order: ShippingOrder) -> str:
        return usd(order.amount)

    @admin.display(description="address")
    def address(self, order: ShippingOrder) -> str:
        return ", ".join(
            order.destination[field] for field in FIELDS if order.destination.get(field)
        )
