"""Saved views of dashboard members."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from partners.models.access import User
from partners.models.tenants import Environment


class SavedViewQuerySet(models.QuerySet["SavedView"]):
    """Queries for saved views."""

    def of(self, user: User, environment: Environment) -> SavedViewQuerySet:
        """One person's views in one environment. Only they see them."""
        return self.filter(user=user, environment=environment)


class SavedView(models.Model):
    """A list's filters under a name. ``page``: the list in ``config/dashboard.py``."""

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
            # Reader: every list page, for one person's own views of it.
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
