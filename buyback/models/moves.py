"""The trail of a sale's moves, written by the sale's own trigger."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from buyback.models.buybacks import Buyback
from partners.models.records import append_only


class Move(models.Model):
    """One move of an attempt to sell: from which state to which, and the answer that was its
    reason.

    The trigger on the attempt's row writes it, so that no path can forget it; append-only. An
    attempt's beginning is its own row, so an instant sale, which is written settled, has no moves.
    The same answer again is not told again.
    """

    id = models.BigAutoField(primary_key=True)
    buyback = models.ForeignKey(Buyback, models.PROTECT, related_name="moves", db_index=False)
    before = models.CharField(max_length=9, choices=Buyback.State.choices)
    after = models.CharField(max_length=9, choices=Buyback.State.choices)
    answer = models.CharField(max_length=100, blank=True)
    by = models.CharField(
        max_length=300, blank=True, help_text="Empty: the request that sells, or the reconciler."
    )
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ("buyback_id", "id")
        indexes = (
            # Reader: a sale's story in the admin.
            models.Index(fields=("buyback", "id"), name="buyback_move_of_a_sale"),
        )
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.before} → {self.after}"
