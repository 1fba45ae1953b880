"""Decisions under dual control: the outcome of a reviewed sellback, and recovered payouts."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from buyback.models.buybacks import Buyback
from config.foundation.money import MoneyField, money_check
from partners.models import DualControl, Environment
from partners.models.constraints import CompositeForeignKey


class Proposal(DualControl):
    """One admin's proposal of a sellback's outcome. It takes effect when another admin confirms."""

    class Outcome(models.TextChoices):
        SETTLED = "settled", "It was paid"
        FAILED = "failed", "It was not paid"

    buyback = models.OneToOneField(Buyback, models.PROTECT, related_name="proposal")
    outcome = models.CharField(max_length=7, choices=Outcome.choices)

    class Meta(DualControl.Meta):
        constraints = (
            *DualControl.Meta.constraints,
            models.CheckConstraint(
                condition=Q(outcome__in=("settled", "failed")),
                name="buyback_proposal_outcome_known",
            ),
        )

    def __str__(self) -> str:
        return f"{self.outcome}: {self.buyback_id}"


class Reversal(DualControl):
    """The record that a settled sellback's money was recovered: once, for its whole amount.

    Sellback, item, payout and ledger lines stay as they are. Confirming adds the line that brings
    the amount back from ``paid_out`` to ``treasury``.
    """

    environment = models.ForeignKey(
        Environment, models.PROTECT, related_name="reversals", db_index=False
    )
    buyback = models.OneToOneField(Buyback, models.PROTECT, related_name="reversal")
    amount = MoneyField()

    class Meta(DualControl.Meta):
        ordering = ("-id",)
        permissions = (("reverse_payout", "Can propose and confirm that a payout was recovered"),)
        constraints = (
            *DualControl.Meta.constraints,
            CompositeForeignKey(
                columns=("environment_id", "buyback_id", "amount"),
                to_table="buyback_buyback",
                to_columns=("environment_id", "id", "amount"),
                name="buyback_reversal_amount_is_the_sales",
            ),
            # Only paid money can be recovered: a payout belongs to a settled sellback, which stays
            # settled.
            CompositeForeignKey(
                columns=("buyback_id",),
                to_table="buyback_payout",
                to_columns=("buyback_id",),
                name="buyback_reversal_was_paid_out",
            ),
            money_check("amount", name="buyback_reversal_amount_bounds"),
        )

    def __str__(self) -> str:
        return f"{self.amount} USD of {self.buyback_id}"
