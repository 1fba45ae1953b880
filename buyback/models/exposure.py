"""Exposure and hourly payouts for the admin's home page, in USD, live environments only."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from inventory.models import Pack
from partners.models import Partner


class Exposure(models.Model):
    """The cost of held items with open windows at current prices, by pack, partner and deadline.

    ``snapshot.take`` writes all rows, a sellback never does. The one row without pack and partner
    is the total. It exists after every snapshot and has its time.
    """

    class Closes(models.TextChoices):
        DAY = "1d", "24 h"
        THREE_DAYS = "3d", "3 days"
        WEEK = "7d", "7 days"
        MONTH = "30d", "30 days"
        LATER = "later", "later"
        NEVER = "never", "never"

    id = models.BigAutoField(primary_key=True)
    pack = models.ForeignKey(Pack, models.PROTECT, null=True, related_name="+", db_index=False)
    partner = models.ForeignKey(
        Partner, models.PROTECT, null=True, related_name="+", db_index=False
    )
    closes = models.CharField(max_length=5, choices=Closes.choices, null=True)
    items = models.PositiveBigIntegerField()
    amount = models.DecimalField(max_digits=16, decimal_places=2)
    as_of = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("pack", "partner", "closes"),
                name="buyback_exposure_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=Q(pack=None, partner=None, closes=None)
                | Q(
                    pack__isnull=False,
                    partner__isnull=False,
                    closes__isnull=False,
                    closes__in=("1d", "3d", "7d", "30d", "later", "never"),
                ),
                name="buyback_exposure_of_a_pack_or_of_all",
            ),
        )

    def __str__(self) -> str:
        return f"{self.amount} USD"


class PaidHour(models.Model):
    """One partner's payouts in one clock hour (UTC) of today. Written by ``snapshot.take``."""

    id = models.BigAutoField(primary_key=True)
    partner = models.ForeignKey(Partner, models.PROTECT, related_name="+", db_index=False)
    starts_at = models.DateTimeField()
    paid = models.PositiveBigIntegerField()
    amount = models.DecimalField(max_digits=16, decimal_places=2)
    failed = models.PositiveBigIntegerField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("partner", "starts_at"), name="buyback_paidhour_once"),
        )

    def __str__(self) -> str:
        return f"{self.starts_at}: {self.amount} USD"
