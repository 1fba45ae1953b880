"""Prices that wait for a second person."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q

from partners.models import DualControl


class PriceProposal(DualControl):
    """Rows of one file, or one card's form, whose prices are out of bounds. They wait together.

    ``rows`` is a list of ``{"card": …, "before": …, "row": …}``: the card's pk, its value in USD
    when the row was proposed, both null for a new card, and a row as in an import.
    """

    source = models.CharField(max_length=200, help_text="The file, or the card's page.")
    rows: models.JSONField[Any, Any] = models.JSONField()

    class Meta(DualControl.Meta):
        ordering = ("-id",)
        constraints = (
            *DualControl.Meta.constraints,
            models.CheckConstraint(condition=~Q(rows=[]), name="inventory_priceproposal_has_rows"),
        )

    def __str__(self) -> str:
        return f"{len(self.rows)} prices of {self.source}"
