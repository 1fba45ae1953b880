"""Decisions under dual control, and the ones about access: rights, second factors, owners."""

from __future__ import annotations

from typing import Any, ClassVar

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from partners.models.access import User
from partners.models.addresses import AddressField
from partners.models.tenants import Partner


class DualControl(models.Model):
    """One admin's proposal with a reason. It takes effect, finally, when another admin confirms."""

    id = models.BigAutoField(primary_key=True)
    reason = models.CharField(max_length=500)
    proposed_by = models.CharField(max_length=300)
    confirmed_by = models.CharField(max_length=300, blank=True)
    # The accounts of both, because a changed e-mail address would look like another person.
    proposer = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    confirmer = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    created_at = models.DateTimeField(db_default=Now())
    confirmed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True
        constraints: ClassVar[tuple[models.BaseConstraint, ...]] = (
            models.CheckConstraint(
                condition=~Q(reason=""), name="%(app_label)s_%(class)s_has_a_reason"
            ),
            models.CheckConstraint(
                condition=~Q(confirmed_by=F("proposed_by")),
                name="%(app_label)s_%(class)s_two_people",
            ),
            models.CheckConstraint(
                condition=~Q(confirmer=F("proposer")), name="%(app_label)s_%(class)s_two_accounts"
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by="", confirmed_at=None)
                | (~Q(confirmed_by="") & Q(confirmed_at__isnull=False)),
                name="%(app_label)s_%(class)s_confirmed_by_somebody",
            ),
        )
        triggers = (
            pgtrigger.Protect(
                name="confirmed_is_final",
                operation=pgtrigger.Update | pgtrigger.Delete,
                condition=pgtrigger.Condition("OLD.confirmed_at IS NOT NULL"),
            ),
        )


class AccessProposal(DualControl):
    """A proposal to grant staff rights, remove someone's second factors, or invite an owner."""

    class Kind(models.TextChoices):
        RIGHTS = "rights", "Grant staff rights"
        FACTORS = "factors", "Remove second factors"
        CODE = "code", "Make a verification code"
        OWNER = "owner", "Invite an owner"

    kind = models.CharField(max_length=7, choices=Kind.choices)
    # Whose rights, factors or code. Null: it is about an owner.
    user = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    # Whose owner is invited, and the address. Null and empty: it is about an account.
    partner = models.ForeignKey(
        Partner, models.PROTECT, null=True, related_name="+", db_index=False
    )
    email = AddressField(max_length=254, blank=True)
    # What is granted: names of flags, groups and permissions (partners.decisions.rights).
    rights: models.JSONField[Any, Any] = models.JSONField(default=dict)

    class Meta(DualControl.Meta):
        ordering = ("-id",)
        constraints = (
            *DualControl.Meta.constraints,
            models.CheckConstraint(
                condition=Q(
                    kind__in=("rights", "factors", "code"),
                    user__isnull=False,
                    partner=None,
                    email="",
                )
                | (Q(kind="owner", user=None, partner__isnull=False) & ~Q(email="")),
                name="partners_accessproposal_subject_of_its_kind",
            ),
            models.UniqueConstraint(
                fields=("kind", "user"),
                condition=Q(confirmed_at=None),
                name="partners_accessproposal_one_open_of_a_user",
            ),
            models.UniqueConstraint(
                fields=("partner", "email"),
                condition=Q(confirmed_at=None),
                name="partners_accessproposal_one_open_of_an_owner",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.user or self.email}"
