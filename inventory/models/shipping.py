"""Shipping quotes and orders (contract, section 7).

An order's lines lock its items. A line is ``released`` when its order is cancelled or has failed.
Until then no other order can name the item, and its state prevents a sellback.
"""

from __future__ import annotations

from typing import Any

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from config.foundation.money import MoneyField, money_check
from inventory.models.holdings import Item
from partners.models import Environment
from partners.models.constraints import same_environment

# The allowed transitions of an order. A trigger refuses all others.
ORDER_MOVES = (
    ("queued", "processing"),
    ("queued", "cancelled"),
    ("queued", "failed"),
    ("processing", "label_created"),
    ("processing", "cancelled"),
    ("processing", "failed"),
    ("label_created", "shipped"),
    ("label_created", "cancelled"),
    ("label_created", "failed"),
    ("shipped", "delivered"),
)


# The field with the time of each state.
TIMES = {
    "queued": "created_at",
    "processing": "processing_at",
    "label_created": "labelled_at",
    "shipped": "shipped_at",
    "delivered": "delivered_at",
    "cancelled": "ended_at",
    "failed": "ended_at",
}

ENDED = ("delivered", "cancelled", "failed")


class ShippingQuote(models.Model):
    """An offer to ship some items to an address. Its rates are valid until ``expires_at``.

    ``item_ids`` are primary keys of items; their state is checked again when the order is placed.
    ``rates`` are ``{"key", "carrier", "service", "amount" (USD, as text), "estimated_days_min",
    "estimated_days_max", "insured"}``.
    """

    id = models.CharField(primary_key=True, max_length=32)  # "quote_" and a ULID
    environment = models.ForeignKey(
        Environment, models.PROTECT, related_name="shipping_quotes", db_index=False
    )
    item_ids = ArrayField(models.BigIntegerField())
    destination: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField()
    rates: models.JSONField[list[dict[str, Any]], list[dict[str, Any]]] = models.JSONField()
    requested_by = models.CharField(max_length=300)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        ordering = ("-created_at", "-id")
        constraints = (
            models.CheckConstraint(
                condition=Q(item_ids__len__gte=1, item_ids__len__lte=100),
                name="inventory_shippingquote_items_counted",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=models.F("created_at")),
                name="inventory_shippingquote_holds_for_a_while",
            ),
        )
        indexes = (
            # Reader: the task that deletes old quotes with their addresses.
            models.Index(fields=("expires_at",), name="inventory_quote_age"),
        )

    def __str__(self) -> str:
        return self.id


class ShippingOrder(models.Model):
    """A shipment of items to their user. ``amount`` is its price in USD.

    ``destination`` is stored as submitted. At ``erased_at`` (real time) everything of it but the
    country was erased (``inventory/shipping/retention.py``).
    """

    class State(models.TextChoices):
        QUEUED = "queued", _("Queued")
        PROCESSING = "processing", _("Processing")
        LABEL_CREATED = "label_created", _("Label created")
        SHIPPED = "shipped", _("Shipped")
        DELIVERED = "delivered", _("Delivered")
        CANCELLED = "cancelled", _("Cancelled")
        FAILED = "failed", _("Failed")

    id = models.BigAutoField(primary_key=True)
    environment = models.ForeignKey(
        Environment, models.PROTECT, related_name="shipping_orders", db_index=False
    )
    public_id = models.CharField("order id", max_length=22)
    state = models.CharField(max_length=13, choices=State.choices, default=State.QUEUED)
    carrier = models.CharField(max_length=60)
    service = models.CharField(max_length=60)
    insured = models.BooleanField()
    amount = MoneyField()
    destination: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField()
    tracking_number = models.CharField(max_length=100, null=True, blank=True)
    tracking_url = models.CharField(max_length=500, null=True, blank=True)
    error_message = models.CharField(max_length=500, null=True, blank=True)
    requested_by = models.CharField(max_length=300)
    created_at = models.DateTimeField()
    processing_at = models.DateTimeField(null=True, blank=True)
    labelled_at = models.DateTimeField(null=True, blank=True)
    shipped_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField("cancelled or failed at", null=True, blank=True)
    erased_at = models.DateTimeField("address erased at", null=True, blank=True, editable=False)

    class Meta:
        ordering = ("-created_at", "-id")
        permissions = (("fulfil_order", "Can move shipping orders along"),)
        constraints = (
            # Reader: GET /ship/order/:order_id.
            models.UniqueConstraint(
                fields=("environment", "public_id"), name="inventory_shippingorder_public_id_once"
            ),
            # Referenced by an order's lines.
            models.UniqueConstraint(
                fields=("environment", "id"), name="inventory_shippingorder_tenant"
            ),
            money_check("amount", name="inventory_shippingorder_amount_bounds"),
            models.CheckConstraint(
                condition=Q(
                    state__in=(
                        "queued",
                        "processing",
                        "label_created",
                        "shipped",
                        "delivered",
                        "cancelled",
                        "failed",
                    )
                ),
                name="inventory_shippingorder_state_known",
            ),
            models.CheckConstraint(
                condition=Q(state__in=("shipped", "delivered"), shipped_at__isnull=False)
                | (~Q(state__in=("shipped", "delivered")) & Q(shipped_at=None)),
                name="inventory_shippingorder_shipped_has_its_time",
            ),
            models.CheckConstraint(
                condition=Q(state="delivered", delivered_at__isnull=False)
                | (~Q(state="delivered") & Q(delivered_at=None)),
                name="inventory_shippingorder_delivered_has_its_time",
            ),
            # A cancelled or failed order keeps the times of its earlier states.
            models.CheckConstraint(
                condition=(Q(processing_at__isnull=False) & ~Q(state="queued"))
                | (
                    Q(processing_at=None)
                    & ~Q(state__in=("processing", "label_created", "shipped", "delivered"))
                ),
                name="inventory_shippingorder_processing_has_its_time",
            ),
            models.CheckConstraint(
                condition=(Q(labelled_at__isnull=False) & ~Q(state__in=("queued", "processing")))
                | (Q(labelled_at=None) & ~Q(state__in=("label_created", "shipped", "delivered"))),
                name="inventory_shippingorder_labelled_has_its_time",
            ),
            models.CheckConstraint(
                condition=Q(state__in=("cancelled", "failed"), ended_at__isnull=False)
                | (~Q(state__in=("cancelled", "failed")) & Q(ended_at=None)),
                name="inventory_shippingorder_ended_has_its_time",
            ),
            # A parcel on its way needs its address.
            models.CheckConstraint(
                condition=Q(erased_at=None) | Q(state__in=ENDED),
                name="inventory_shippingorder_erased_has_ended",
            ),
            models.CheckConstraint(
                condition=Q(public_id__regex=r"^order_[0-9A-Za-z_-]{16}$"),
                name="inventory_shippingorder_public_id_form",
            ),
        )
        indexes = (
            # Reader: the admin's search, which covers all environments.
            models.Index(fields=("public_id",), name="inventory_shippingorder_id"),
            # Reader: the dashboard's list of orders, newest first.
            models.Index(
                fields=("environment", "-created_at", "-id"), name="inventory_shippingorder_newest"
            ),
            # Reader: the task that erases old addresses, the oldest first.
            models.Index(
                Coalesce("delivered_at", "ended_at"),
                condition=Q(state__in=ENDED, erased_at=None),
                name="inventory_shippingorder_erase",
            ),
            # Reader: the same list for one state.
            models.Index(
                fields=("environment", "state", "-created_at", "-id"),
                name="inventory_shippingorder_state",
            ),
        )
        triggers = (
            pgtrigger.FSM(name="allowed_moves", field="state", transitions=list(ORDER_MOVES)),
        )

    def __str__(self) -> str:
        return self.public_id


class ShippedItem(models.Model):
    """One line of an order. It locks an item until the order is cancelled or has failed."""

    id = models.BigAutoField(primary_key=True)
    environment = models.ForeignKey(Environment, models.PROTECT, related_name="+", db_index=False)
    order = models.ForeignKey(
        ShippingOrder, models.PROTECT, related_name="lines", db_index=False, db_constraint=False
    )
    item = models.ForeignKey(
        Item, models.PROTECT, related_name="shipments", db_index=False, db_constraint=False
    )
    released = models.BooleanField(default=False)

    class Meta:
        ordering = ("order_id", "id")
        constraints = (
            # Reader: an order's lines.
            models.UniqueConstraint(
                fields=("order", "item"), name="inventory_shippeditem_once_per_order"
            ),
            # Independent of the locks, an item is in one order at a time. Reader: the ledger's
            # rules.
            models.UniqueConstraint(
                fields=("item",),
                condition=Q(released=False),
                name="inventory_shippeditem_one_order_at_a_time",
            ),
            same_environment(
                "order", "inventory_shippingorder", name="inventory_shippeditem_order_same_env"
            ),
            same_environment("item", "inventory_item", name="inventory_shippeditem_item_same_env"),
        )

    def __str__(self) -> str:
        return f"{self.order_id}: {self.item_id}"
