"""Periodic counts of an environment's items by pack and by user, too large to count on a page."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from inventory.models.catalogue import Pack
from inventory.models.holdings import Collector
from partners.models import Environment
from partners.models.constraints import same_environment


class TallyQuerySet(models.QuerySet["Tally"]):
    """Queries for tallies."""

    def of(self, environment: Environment) -> TallyQuerySet:
        """One environment's tallies, by number of pulls."""
        return self.filter(environment=environment).order_by("-pulled", "pack_id")


class Tally(models.Model):
    """One environment's items of one pack: how many were pulled, are held, and were sold back.

    ``held_value`` is the sellback value at the pull of the held ones (USD). Updated by
    ``inventory.tallies.count_items``, because no page may count millions of items; ``counted_at``
    (real time, UTC) says when.
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
            # Reader: the overview, for one environment.
            models.UniqueConstraint(fields=("environment", "pack"), name="inventory_tally_once"),
            models.CheckConstraint(
                condition=Q(pulled__gte=F("held") + F("sold"), held_value__gte=0),
                name="inventory_tally_adds_up",
            ),
        )

    def __str__(self) -> str:
        return f"{self.pack_id} in {self.environment_id}: {self.pulled}"

    @property
    def rate(self) -> str:
        """The share of pulled items that were sold back, in percent with one decimal."""
        return f"{self.sold / self.pulled:.1%}"


class UserTally(models.Model):
    """What one collector held at the last count. Users who held nothing have no row.

    ``value`` is the sellback value at the pull (USD), ``closes`` the next deadline (None: none),
    ``latest`` the latest pull. Updated by ``inventory.tallies.count_items``, so that users can be
    sorted by them.
    """

    id = models.BigAutoField(primary_key=True)
    environment = models.ForeignKey(Environment, models.CASCADE, related_name="+", db_index=False)
    collector = models.ForeignKey(
        Collector, models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    size = models.PositiveIntegerField()
    value = models.DecimalField(max_digits=16, decimal_places=2)
    closes = models.DateTimeField(null=True, blank=True)
    latest = models.DateTimeField()

    class Meta:
        constraints = (
            # Reader: the count, to find changes.
            models.UniqueConstraint(fields=("collector",), name="inventory_usertally_once"),
            same_environment(
                "collector", "inventory_collector", name="inventory_usertally_collector_same_env"
            ),
            models.CheckConstraint(
                condition=Q(size__gt=0, value__gt=0), name="inventory_usertally_holds_something"
            ),
        )
        indexes = (
            # Reader: the users' list by items held.
            models.Index(
                fields=("environment", "-size", "-collector"), name="inventory_usertally_size"
            ),
            # Reader: the users' list by value.
            models.Index(
                fields=("environment", "-value", "-collector"), name="inventory_usertally_value"
            ),
        )

    def __str__(self) -> str:
        return f"{self.collector_id}: {self.size}"
