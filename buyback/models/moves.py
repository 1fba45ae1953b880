"""State changes of sellbacks, recorded by a trigger."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from buyback.models.buybacks import Buyback
from partners.models.records import append_only


class Move(models.Model):
    """One state change of a sellback attempt, with the response that caused it.

    The trigger on the attempt's row writes it, so no code path can omit it; append-only. The
    creation of an attempt is its own row, so an instant sellback, which is created settled, has no
    state changes. The same response is not recorded twice in a row.
    """

    id = models.BigAutoField(primary_key=True)
    buyback = models.ForeignKey(Buyback, models.PROTECT, related_name="moves", db_index=False)
    before = models.CharField(max_length=9, choices=Buyback.State.choices)
    after = models.CharField(max_length=9, choices=Buyback.State.choices)
    answer = models.CharField(max_length=100, blank=True)
    by = models.CharField(
        max_length=300, blank=True, help_text="Empty: the selling request or the reconciler."
    )
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ("buyback_id", "id")
        indexes = (
            # Reader: a sellback's timeline in the admin.
            models.Index(fields=("buyback", "id"), name="buyback_move_of_a_sale"),
        )
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.before} → {self.after}"
