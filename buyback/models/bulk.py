"""Bulk sellbacks: many items sold back by a member, one line each, sold by workers."""

from __future__ import annotations

from datetime import datetime

import pgtrigger
from django.db import models
from django.db.models import Count, Exists, Max, OuterRef, Q, Sum
from django.utils.translation import gettext_lazy as _

from buyback.models.buybacks import Buyback
from config.foundation.money import MoneyField, money_check
from inventory.models import Item
from partners.models import Environment
from partners.models.constraints import CompositeForeignKey, same_environment
from partners.models.records import UuidV7

# The allowed transitions of a line. A trigger refuses all others.
LINE_MOVES = (
    ("pending", "selling"),
    ("pending", "cancelled"),
    ("selling", "sold"),
    ("selling", "refused"),
    ("selling", "unknown"),
    ("unknown", "sold"),
    ("unknown", "refused"),
)
OPEN_LINES = ("pending", "selling", "unknown")


class BulkSaleQuerySet(models.QuerySet["BulkSale"]):
    """Queries for bulk sellbacks."""

    def of(self, environment: Environment) -> BulkSaleQuerySet:
        """Bulk sellbacks of one environment."""
        return self.filter(environment=environment)

    def counted(self) -> BulkSaleQuerySet:
        """With the number of lines by state, the USD offered and paid, and the last line's end."""
        counts = {
            state: Count("lines", filter=Q(lines__state=state))
            for state in (*OPEN_LINES, "sold", "refused", "cancelled")
        }
        return self.annotate(
            size=Count("lines"),
            offered=Sum("lines__amount"),
            paid=Sum("lines__amount", filter=Q(lines__state="sold")),
            last_closed_at=Max("lines__closed_at"),
            **counts,
        )


class BulkSale(models.Model):
    """A member's confirmed list of items, each at the amount shown.

    ``token`` is that of the confirmed form: sent again, it starts nothing. A bulk sellback is over
    when no line is open.
    """

    id = models.UUIDField(primary_key=True, db_default=UuidV7(), editable=False)
    environment = models.ForeignKey(
        Environment, models.PROTECT, related_name="bulk_sales", db_index=False
    )
    token = models.UUIDField()
    requested_by = models.CharField(max_length=300, help_text="The member who confirmed it.")
    created_at = models.DateTimeField()
    cancelled_by = models.CharField(
        max_length=300, blank=True, help_text="Who cancelled the lines that had not started."
    )
    cancelled_at = models.DateTimeField(null=True, blank=True)

    objects = BulkSaleQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")
        constraints = (
            models.UniqueConstraint(fields=("environment", "token"), name="buyback_bulksale_once"),
            # Referenced by the lines.
            models.UniqueConstraint(fields=("environment", "id"), name="buyback_bulksale_tenant"),
            models.CheckConstraint(
                condition=Q(cancelled_by="", cancelled_at=None)
                | (~Q(cancelled_by="") & Q(cancelled_at__isnull=False)),
                name="buyback_bulksale_cancelled_by_somebody",
            ),
        )
        indexes = (
            # Reader: the list of bulk sellbacks, newest first.
            models.Index(
                fields=("environment", "-created_at", "-id"), name="buyback_bulksale_newest"
            ),
        )

    def __str__(self) -> str:
        return str(self.id)


class BulkLineQuerySet(models.QuerySet["BulkLine"]):
    """Queries for lines."""

    def open(self) -> BulkLineQuerySet:
        """Lines that are not closed."""
        return self.filter(state__in=OPEN_LINES)

    def claimable(self, now: datetime) -> BulkLineQuerySet:
        """Lines without a worker: not started, or left by a dead worker."""
        return self.filter(
            Q(state="pending") | Q(state__in=("selling", "unknown"), lease_until__lte=now)
        )

    def unattended(self, now: datetime) -> BulkLineQuerySet:
        """Claimable lines; those not started only if no worker is on the same bulk sellback."""
        at_work = BulkLine.objects.filter(
            bulk=OuterRef("bulk"), state="selling", lease_until__gt=now
        )
        return self.claimable(now).filter(~Q(state="pending") | ~Exists(at_work))


class BulkLine(models.Model):
    """One item of a bulk sellback, and its result.

    ``amount`` (USD) is what was shown; any other price is refused. A line in ``selling`` or
    ``unknown`` is leased to the worker that claimed it, until ``lease_until``.
    """

    class State(models.TextChoices):
        PENDING = "pending", _("Waiting")
        SELLING = "selling", _("Being sold back")
        UNKNOWN = "unknown", _("In progress")
        SOLD = "sold", _("Sold back")
        REFUSED = "refused", _("Not sold")
        CANCELLED = "cancelled", _("Cancelled")

    class Reason(models.TextChoices):
        EXPIRED = "expired", "The window had closed"
        NOT_FOUND = "not_found", "The user no longer held the item"
        IN_PROGRESS = "in_progress", "An earlier sellback was unresolved"
        FAILED = "failed", "The payment failed"
        PRICE_CHANGED = "price_changed", "The price had changed"

    id = models.BigAutoField(primary_key=True)
    environment = models.ForeignKey(Environment, models.PROTECT, related_name="+", db_index=False)
    bulk = models.ForeignKey(
        BulkSale, models.PROTECT, related_name="lines", db_index=False, db_constraint=False
    )
    item = models.ForeignKey(
        Item, models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    amount = MoneyField()
    state = models.CharField(max_length=9, choices=State.choices, default=State.PENDING)
    reason = models.CharField(max_length=13, choices=Reason.choices, blank=True)
    buyback = models.OneToOneField(
        Buyback, models.PROTECT, null=True, related_name="bulk_line", db_constraint=False
    )
    lease_until = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = BulkLineQuerySet.as_manager()

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=("bulk", "item"), name="buyback_bulkline_item_once"),
            same_environment("bulk", "buyback_bulksale", name="buyback_bulkline_bulk_same_env"),
            same_environment("item", "inventory_item", name="buyback_bulkline_item_same_env"),
            CompositeForeignKey(
                columns=("environment_id", "buyback_id", "amount"),
                to_table="buyback_buyback",
                to_columns=("environment_id", "id", "amount"),
                name="buyback_bulkline_sold_as_shown",
            ),
            money_check("amount", name="buyback_bulkline_amount_bounds"),
            models.CheckConstraint(
                condition=Q(
                    state__in=("pending", "selling", "unknown", "sold", "refused", "cancelled")
                ),
                name="buyback_bulkline_state_known",
            ),
            models.CheckConstraint(
                condition=(~Q(state="refused") & Q(reason=""))
                | Q(
                    state="refused",
                    reason__in=("expired", "not_found", "in_progress", "failed", "price_changed"),
                ),
                name="buyback_bulkline_refused_has_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(state__in=("sold", "unknown"), buyback__isnull=False)
                | (~Q(state__in=("sold", "unknown", "refused")) & Q(buyback=None))
                | Q(state="refused"),
                name="buyback_bulkline_sold_names_its_sale",
            ),
            models.CheckConstraint(
                condition=Q(state__in=("selling", "unknown"), lease_until__isnull=False)
                | (~Q(state__in=("selling", "unknown")) & Q(lease_until=None)),
                name="buyback_bulkline_at_work_has_a_lease",
            ),
            models.CheckConstraint(
                condition=Q(state__in=OPEN_LINES, closed_at=None)
                | (~Q(state__in=OPEN_LINES) & Q(closed_at__isnull=False)),
                name="buyback_bulkline_closed_has_its_time",
            ),
        )
        indexes = (
            # Reader: a bulk sellback's progress, the counts in the list, and a worker's next line.
            models.Index(fields=("bulk", "state", "id"), name="buyback_bulkline_progress"),
            # Reader: the periodic task that looks for bulk sellbacks without a worker.
            models.Index(
                fields=("bulk",), condition=Q(state__in=OPEN_LINES), name="buyback_bulkline_open"
            ),
        )
        triggers = (
            pgtrigger.FSM(name="allowed_moves", field="state", transitions=list(LINE_MOVES)),
        )

    def __str__(self) -> str:
        return f"{self.item_id} {self.state}"
