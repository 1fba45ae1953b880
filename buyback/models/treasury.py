"""What guards the treasury: its switch and caps, what was spent against them, alerts, and reviews by two people."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from buyback.models.sales import Buyback
from config.money import MoneyField, money_check
from partners.models import Environment, User
from partners.models.records import UuidV7


class TreasuryControl(models.Model):
    """The one row of the treasury's guards, for live sales. An empty cap does not limit; without the row nothing
    does.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    paused = models.BooleanField(default=False, help_text="The kill switch: while it is set, no live sale is made.")
    cap_per_sale = MoneyField(null=True, blank=True, help_text="USD; a dearer sale is declined.")
    cap_per_partner_day = MoneyField(null=True, blank=True, help_text="USD of one partner's live sales in a UTC day.")
    cap_per_hour = MoneyField(null=True, blank=True, help_text="USD of all live sales in a clock hour.")

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


class Spend(models.Model):
    """What live sales have spent within one capped span: ``partner:<id>`` in a day, ``platform`` in an hour.

    Written by the sale itself, only while the cap is set. The check is the cap: a sale that would pass it fails whole,
    however many run at once, because they all update this row.
    """

    id = models.BigAutoField(primary_key=True)
    scope = models.CharField(max_length=40)
    starts_at = models.DateTimeField()
    total = models.DecimalField(max_digits=16, decimal_places=2)
    cap = models.DecimalField(max_digits=16, decimal_places=2)

    class Meta:
        verbose_name_plural = "spend"
        constraints = (
            # Reader: every capped sale.
            models.UniqueConstraint(fields=("scope", "starts_at"), name="buyback_spend_once_per_span"),
            models.CheckConstraint(condition=Q(total__gte=0, total__lte=F("cap")), name="buyback_spend_within_cap"),
        )

    def __str__(self) -> str:
        return f"{self.scope} from {self.starts_at}: {self.total} of {self.cap} USD"


class Alert(models.Model):
    """Something an admin should look at: a price nobody could trust, a sale whose outcome stays unknown."""

    class Kind(models.TextChoices):
        PRICE_REJECTED = "price_rejected", "Price rejected"
        SALE_IN_REVIEW = "sale_in_review", "Sale in review"
        CAP_REACHED = "cap_reached", "Cap reached"

    id = models.UUIDField(primary_key=True, db_default=UuidV7(), editable=False)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    environment = models.ForeignKey(Environment, models.PROTECT, related_name="+", db_index=False)
    subject = models.CharField(max_length=200)
    detail = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    seen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-created_at", "-id")
        constraints = (
            # The same trouble is told once until somebody has seen it.
            models.UniqueConstraint(
                fields=("kind", "subject"), condition=Q(seen_at=None), name="buyback_alert_once_until_seen"
            ),
        )
        indexes = (
            # Reader: the admin's list of alerts, newest first.
            models.Index(fields=("-created_at", "-id"), name="buyback_alert_newest"),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.subject}"


class Proposal(models.Model):
    """What one admin says became of a sale in review. It counts when a different admin agrees."""

    class Outcome(models.TextChoices):
        SETTLED = "settled", "It was paid"
        FAILED = "failed", "It was not paid"

    id = models.BigAutoField(primary_key=True)
    buyback = models.OneToOneField(Buyback, models.PROTECT, related_name="proposal")
    outcome = models.CharField(max_length=7, choices=Outcome.choices)
    reason = models.CharField(max_length=500)
    proposed_by = models.CharField(max_length=300)
    confirmed_by = models.CharField(max_length=300, blank=True)
    # The accounts behind the two: an e-mail address can be changed, and would then look like another person.
    proposer = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    confirmer = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    created_at = models.DateTimeField(db_default=Now())
    confirmed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(outcome__in=("settled", "failed")), name="buyback_proposal_outcome_known"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="buyback_proposal_has_a_reason"),
            models.CheckConstraint(condition=~Q(confirmed_by=F("proposed_by")), name="buyback_proposal_two_people"),
            models.CheckConstraint(condition=~Q(confirmer=F("proposer")), name="buyback_proposal_two_accounts"),
            models.CheckConstraint(
                condition=Q(confirmed_by="", confirmed_at=None) | (~Q(confirmed_by="") & Q(confirmed_at__isnull=False)),
                name="buyback_proposal_confirmed_by_somebody",
            ),
        )
        triggers = (
            pgtrigger.Protect(
                name="confirmed_is_final",
                operation=pgtrigger.Update | pgtrigger.Delete,
                condition=pgtrigger.Condition("OLD.confirmed_at IS NOT NULL"),
            ),
        )

    def __str__(self) -> str:
        return f"{self.outcome}: {self.buyback_id}"
