"""Spending against a cap in a span of time, counted in slots.

A single row for a span would make all who spend wait for each other. So each database connection
counts in one of 64 slots, and each slot has its share of the cap. The function
``partners_count_spend`` (migration ``spending``) writes the rows; ``records/spending.py`` calls it.
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import F, Q, Sum
from django.db.models.functions import Coalesce

SLOTS = 64


class Spends(models.QuerySet["Spend"]):
    """Queries of spans."""

    def with_total(self) -> Any:
        """With ``total``, the spending in all slots, in USD."""
        usd = models.DecimalField(max_digits=16, decimal_places=2)
        return self.annotate(total=Coalesce(Sum("slots__total"), 0, output_field=usd))


class Spend(models.Model):
    """One capped span: ``partner:<id>`` in a UTC day, ``buys:<id>`` or ``platform`` in an hour."""

    id = models.BigAutoField(primary_key=True)
    scope = models.CharField(max_length=40)
    starts_at = models.DateTimeField()
    cap = models.DecimalField(max_digits=16, decimal_places=2, help_text="USD, of all slots.")

    objects = Spends.as_manager()

    class Meta:
        verbose_name_plural = "spend"
        constraints = (
            # Reader: every capped sellback and purchase.
            models.UniqueConstraint(
                fields=("scope", "starts_at"), name="partners_spend_once_per_span"
            ),
            models.CheckConstraint(condition=Q(cap__gt=0), name="partners_spend_has_a_cap"),
        )
        indexes = (
            # Reader: the admin's home page, and the task that deletes old spans.
            models.Index(fields=("starts_at",), name="partners_spend_by_start"),
        )

    def __str__(self) -> str:
        return f"{self.scope} from {self.starts_at}"


class SpendSlot(models.Model):
    """A part of a span's spending. The check constraint bounds it by the slot's share of the cap.

    The shares of a span's slots add up to its cap, so no number of parallel calls can exceed it.
    """

    id = models.BigAutoField(primary_key=True)
    spend = models.ForeignKey(Spend, models.CASCADE, related_name="slots", db_index=False)
    number = models.PositiveSmallIntegerField()
    total = models.DecimalField(max_digits=16, decimal_places=2)
    share = models.DecimalField(max_digits=16, decimal_places=2)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("spend", "number"), name="partners_spendslot_once"),
            models.CheckConstraint(
                condition=Q(number__gte=0, number__lt=SLOTS), name="partners_spendslot_number"
            ),
            models.CheckConstraint(
                condition=Q(total__gte=0, total__lte=F("share")),
                name="partners_spendslot_within_share",
            ),
        )

    def __str__(self) -> str:
        return f"slot {self.number}: {self.total} of {self.share} USD"
