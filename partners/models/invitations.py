"""Links that make somebody a member of a partner."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models.functions import Now

from partners.models.access import Role
from partners.models.tenants import Partner


class InvitationQuerySet(models.QuerySet["Invitation"]):
    """Invitations, as their callers ask for them."""

    def open(self, now: datetime) -> InvitationQuerySet:
        """Neither accepted, withdrawn nor out of date at ``now``."""
        return self.filter(accepted_at=None, withdrawn_at=None, expires_at__gt=now)


class Invitation(models.Model):
    """One person's invitation into one partner's team. The link's secret is kept as its SHA-256
    alone: it is shown once, when it is made, and works once.
    """

    id = models.BigAutoField(primary_key=True)
    partner = models.ForeignKey(
        Partner, models.PROTECT, related_name="invitations"
    )  # index: the team page
    email = models.EmailField("e-mail address")
    role = models.CharField(max_length=10, choices=Role.choices)
    digest = models.BinaryField(max_length=32, unique=True, editable=False)
    created_by = models.CharField(max_length=300, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                "partner",
                "email",
                condition=models.Q(accepted_at=None, withdrawn_at=None),
                name="partners_invitation_one_open",
            ),
            models.CheckConstraint(
                condition=models.Q(role__in=("viewer", "operator", "owner")),
                name="partners_invitation_role_known",
            ),
            models.CheckConstraint(
                condition=models.Q(accepted_at=None) | models.Q(withdrawn_at=None),
                name="partners_invitation_ends_once",
            ),
        )

    def __str__(self) -> str:
        return f"{self.email} into {self.partner} ({self.role})"
