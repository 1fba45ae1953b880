"""Daily statements: the frozen totals of closed days, in USD."""

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
    """Queries for statements."""

    def of(self, environment: Environment) -> StatementQuerySet:
        """Statements of one environment."""
        return self.filter(environment=environment)

    def between(self, first: date, last: date) -> StatementQuerySet:
        """Statements of the days from ``first`` to ``last``, inclusive."""
        return self.filter(day__gte=first, day__lte=last)


def total_field(**options: Any) -> models.DecimalField[Decimal, Decimal]:
    """A sum of money in USD: wider than an amount, and zero on a day without any."""
    return models.DecimalField(max_digits=16, decimal_places=2, **options)


class Statement(models.Model):
    """One closed UTC day of one environment, by that environment's clock. It never changes.

    ``sold`` counts the sellbacks settled on the day, whenever they were requested, and
    ``sold_amount`` is what the ledger moved to users for them. ``paid`` and ``paid_amount`` are the
    payouts, ``failed`` the failed attempts. An environment's statements are consecutive from its
    first day.
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
    closed_at = models.DateTimeField(help_text="By the environment's clock.")

    objects = StatementQuerySet.as_manager()

    class Meta:
        ordering = ("-day",)
        constraints = (
            # Readers: the statements of a month and of a day.
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
            # Both are sums over the same sellbacks. A day on which they differ is not closed.
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
        """The totals of these days by figure."""
        rows = list(days)
        figures = ("sold", "sold_amount", "paid", "paid_amount", "failed")
        return {figure: sum(getattr(row, figure) for row in rows) for figure in figures}
