"""Users whose personal data a partner had erased, and how far their old id is erased."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from partners.models.tenants import Environment


class ForgottenUser(models.Model):
    """A user's id became ``pseudonym``. ``user_id``: the old one, until no record contains it.

    ``stage`` and ``after`` say where the pass over the records goes on, ``changed`` how many rows
    it changed. A pass that began long enough after ``created_at`` is the last one
    (``inventory/forgetting/traces.py``). All times are real.
    """

    id = models.BigAutoField(primary_key=True)
    environment = models.ForeignKey(Environment, models.PROTECT, related_name="+", db_index=False)
    user_id = models.CharField(max_length=255, null=True, db_collation="C")
    pseudonym = models.CharField(max_length=42, db_collation="C")
    stage = models.CharField(max_length=10, blank=True)
    after = models.CharField(max_length=100, blank=True)
    changed = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    pass_began_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(
                fields=("environment", "pseudonym"), name="partners_forgottenuser_pseudonym_once"
            ),
            # Readers: the task that resumes, and the trigger on events. Each old id becomes one
            # pseudonym.
            models.UniqueConstraint(
                fields=("environment", "user_id"),
                condition=Q(finished_at=None),
                name="partners_forgottenuser_one_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(pseudonym__regex=r"^forgotten-[0-9a-f]{32}$"),
                name="partners_forgottenuser_pseudonym_form",
            ),
            models.CheckConstraint(
                condition=Q(finished_at=None, user_id__isnull=False)
                | Q(finished_at__isnull=False, user_id=None),
                name="partners_forgottenuser_finished_has_no_id",
            ),
        )

    def __str__(self) -> str:
        return self.pseudonym
