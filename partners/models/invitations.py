"""Invitation links to a partner's team."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models.functions import Now

from partners.models.access import Role
from partners.models.addresses import SPELLING, AddressField
from partners.models.tenants import Partner


class InvitationQuerySet(models.QuerySet["Invitation"]):
    """Queries for invitations."""

    def open(self, now: datetime) -> InvitationQuerySet:
        """Invitations not accepted, withdrawn or expired at ``now``."""
        return self.filter(accepted_at=None, withdrawn_at=None, expires_at__gt=now)


class Invitation(models.Model):
    """An invitation to one partner's team. The link works once.

    Only the SHA-256 of its secret is stored, so the link is sent or shown once, when it is created.
    """

    id = models.BigAutoField(primary_key=True)
    partner = models.ForeignKey(
        Partner, models.PROTECT, related_name="invitations"
    )  # index: the team page
    email = AddressField("e-mail address")
    role = models.CharField(max_length=10, choices=Role.choices)
    digest = models.BinaryField(max_length=32, unique=True, editable=False)
    # sent to the address and shown to nobody, so that opening the link verifies the address
    mailed = models.BooleanField(default=False, editable=False)
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
            models.CheckConstraint(
                condition=models.Q(email__regex=SPELLING)
                | models.Q(accepted_at__isnull=False)
                | models.Q(withdrawn_at__isnull=False),
                name="partners_invitation_email_spelling",
            ),
        )

    def __str__(self) -> str:
        return f"{self.email} into {self.partner} ({self.role})"
