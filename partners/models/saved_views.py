"""What a member of the dashboard keeps for themselves."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from partners.models.access import User
from partners.models.tenants import Environment


class SavedViewQuerySet(models.QuerySet["SavedView"]):
    """Saved views, as their callers ask for them."""

    def of(self, user: User, environment: Environment) -> SavedViewQuerySet:
        """One person's own in one environment; nobody else sees them."""
        return self.filter(user=user, environment=environment)


class SavedView(models.Model):
    """A list's filters under a name: ``page`` is the list's name in ``config/dashboard.py``,
    ``query`` what it asks.
    """

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(
        User, models.CASCADE, related_name="saved_views", db_index=False
    )  # unique below serves
    environment = models.ForeignKey(Environment, models.CASCADE, related_name="+", db_index=False)
    page = models.SlugField(max_length=40, db_index=False)
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=1000, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        ordering = ("name", "id")
        constraints = (
            # Reader: every list page, its own views of one person.
            models.UniqueConstraint(
                fields=("user", "environment", "page", "name"), name="partners_savedview_once"
            ),
            models.CheckConstraint(
                condition=models.Q(name__regex=r"\S") & ~models.Q(page=""),
                name="partners_savedview_named",
            ),
        )

    def __str__(self) -> str:
        return self.name
