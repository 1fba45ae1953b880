"""Codes that staff hand over to verify an account's address."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from partners.models.access import User


class VerificationCode(models.Model):
    """The newest unused code of an account. Only its SHA-256 is stored; it is shown once."""

    id = models.BigAutoField(primary_key=True)
    user = models.OneToOneField(User, models.CASCADE, related_name="verification_code")
    digest = models.BinaryField(max_length=32, editable=False)
    tries_left = models.PositiveSmallIntegerField()
    created_by = models.CharField(max_length=300, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    expires_at = models.DateTimeField()

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"code for {self.user}"
