"""What a closed day came to, frozen. Amounts are USD."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import F, Func, Q

from partners.models import Environment
from partners.models.records import append_only


class StatementQuerySet(models.QuerySet["Statement"]):
    """Statements, as their callers ask for them."""

    def of(self, environment: Environment) -> StatementQuerySet:
        """One environment's statements."""
        return self.filter(environment=environment)

    def between(self, first: date, last: date) -> StatementQuerySet:
        """Those of the days from ``first`` to ``last``, both included."""
        return self.filter(day__gte=first, day__lte=last)


def total_field(**options: Any) -> models.DecimalField[Decimal, Decimal]:
    """A sum of money in USD: wider than one amount, and zero on a day without any."""
    return models.DecimalField(max_digits=16, decimal_places=2, **options)


class Statement(models.Model):
    """One UTC day of one environment by that environment's clock, closed: it never changes again.

    ``sold`` counts the sellbacks that settled on the day, whenever they were asked for, and
    ``sold_amount`` is what the ledger moved to users for them; ``paid`` and ``paid_amount`` are the
    payouts; ``failed`` are the attempts that ended without a sale. An environment's statements
    follow each other without a gap from its first day of business.
    """

    id = models.BigAutoField(primary_key=True)
    environment = models.ForeignKey(
        Environment, models.PROTECT, related_name="statements", db_index=False
    )
    day = models.DateField()
    sold = models.PositiveIntegerField()
    sold_amount = total_field()
    paid = models.PositiveIntegerField()
    paid_amount = total_field()
    failed = models.PositiveIntegerField()
    closed_at = models.DateTimeField(help_text="By the environment's own clock.")

    objects = StatementQuerySet.as_manager()

    class Meta:
        ordering = ("-day",)
        constraints = (
            # Readers: the statements of a month, and a day's.
            models.UniqueConstraint(
                fields=("environment", "day"), name="buyback_statement_once_a_day"
            ),
            models.CheckConstraint(
                condition=Q(
                    day__lt=Func(
                        F("closed_at"), template="(%(expressions)s AT TIME ZONE 'UTC')::date"
                    )
                ),
                name="buyback_statement_day_was_over",
            ),
            # Both are sums over the same sales: a day on which they differ is not closed but looked
            # at.
            models.CheckConstraint(
                condition=Q(sold=F("paid"), sold_amount=F("paid_amount")),
                name="buyback_statement_paid_what_was_sold",
            ),
            models.CheckConstraint(
                condition=Q(sold=0, sold_amount=0) | Q(sold__gt=0, sold_amount__gt=0),
                name="buyback_statement_amount_has_sales",
            ),
        )
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.environment_id} on {self.day}"

    @staticmethod
    def sums(days: Iterable[Statement]) -> dict[str, Any]:
        """What these days come to, figure by figure."""
        rows = list(days)
        figures = ("sold", "sold_amount", "paid", "paid_amount", "failed")
        return {figure: sum(getattr(row, figure) for row in rows) for figure in figures}
