"""The treasury's guards: pause and caps, and alerts."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from config.foundation.money import MoneyField, money_check
from partners.models import Environment
from partners.models.records import uuid_v7


class TreasuryControl(models.Model):
    """The only row of the guards for live sellbacks. An empty cap, or no row, means no limit."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    paused = models.BooleanField(default=False, help_text="While set, no live sellback starts.")
    cap_per_sale = MoneyField(
        null=True, blank=True, help_text="USD; a sellback above it is declined."
    )
    cap_per_partner_day = MoneyField(
        null=True, blank=True, help_text="USD of one partner's live sellbacks in a UTC day."
    )
    cap_per_hour = MoneyField(
        null=True, blank=True, help_text="USD of all live sellbacks in a clock hour."
    )

    class Meta:
        verbose_name_plural = "treasury control"
        constraints = (
            models.CheckConstraint(condition=Q(id=1), name="buyback_treasurycontrol_one_row"),
            money_check("cap_per_sale", name="buyback_treasurycontrol_sale_bounds"),
            money_check("cap_per_partner_day", name="buyback_treasurycontrol_day_bounds"),
            money_check("cap_per_hour", name="buyback_treasurycontrol_hour_bounds"),
        )

    def __str__(self) -> str:
        return "Treasury control"


class Alert(models.Model):
    """A problem for admins: an unreliable price, an unknown outcome, a contradicting response."""

    class Kind(models.TextChoices):
        PRICE_REJECTED = "price_rejected", "Price rejected"
        SALE_IN_REVIEW = "sale_in_review", "Sellback in review"
        CAP_REACHED = "cap_reached", "Cap reached"
        BREAKER_OPENED = "breaker_opened", "Breaker opened"
        CONTRADICTED = "contradicted", "Treasury contradicted itself"
        SHELL_COMMAND = "shell_command", "Command run on the server"
        EXPOSURE_ABOVE = "exposure_above", "Exposure above the treasury's balance"
        RATE_ABOVE = "rate_above", "Day's rate above the treasury's balance"
        DIFFERENCE = "difference", "Difference with the treasury"

    id = models.UUIDField(primary_key=True, db_default=uuid_v7(), editable=False)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    # Null: it concerns all.
    environment = models.ForeignKey(
        Environment, models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    subject = models.CharField(max_length=200)
    detail = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    seen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-created_at", "-id")
        constraints = (
            # A problem is reported once until someone has seen it.
            models.UniqueConstraint(
                fields=("kind", "subject"),
                condition=Q(seen_at=None),
                name="buyback_alert_once_until_seen",
            ),
        )
        indexes = (
            # Reader: the admin's list of alerts, newest first.
            models.Index(fields=("-created_at", "-id"), name="buyback_alert_newest"),
            # Reader: the admin's search for all alerts about one subject, including seen ones.
            models.Index(fields=("subject",), name="buyback_alert_by_subject"),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.subject}"
