"""Counts that no page could make: what an environment's items of a pack came to, kept by the clock."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from inventory.models.catalogue import Pack
from partners.models import Environment


class TallyQuerySet(models.QuerySet["Tally"]):
    """Tallies, as their callers ask for them."""

    def of(self, environment: Environment) -> TallyQuerySet:
        """One environment's tallies, the pack most pulled from first."""
        return self.filter(environment=environment).order_by("-pulled", "pack_id")


class Tally(models.Model):
    """One environment's items of one pack: how many were ever pulled, how many are held, how many were sold back.

    ``held_value`` is what the held ones sold for when pulled (USD). Kept by ``inventory.tallies.count_items``, because
    no page may count millions of items; ``counted_at`` (real time, UTC) is when it did.
    """

    id = models.BigAutoField(primary_key=True)
    environment = models.ForeignKey(Environment, models.CASCADE, related_name="+", db_index=False)
    pack = models.ForeignKey(Pack, models.CASCADE, related_name="+", db_index=False)
    pulled = models.PositiveIntegerField()
    held = models.PositiveIntegerField()
    held_value = models.DecimalField(max_digits=16, decimal_places=2)
    sold = models.PositiveIntegerField()
    counted_at = models.DateTimeField()

    objects = TallyQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "tallies"
        constraints = (
            # Reader: the overview, all of one environment.
            models.UniqueConstraint(fields=("environment", "pack"), name="inventory_tally_once"),
            models.CheckConstraint(
                condition=Q(pulled__gte=F("held") + F("sold"), held_value__gte=0), name="inventory_tally_adds_up"
            ),
        )

    def __str__(self) -> str:
        return f"{self.pack_id} in {self.environment_id}: {self.pulled}"

    @property
    def rate(self) -> str:
        """How many of the pulled were sold back, as a percentage to one place."""
        return f"{self.sold / self.pulled:.1%}"
