"""People and keys, and what each may do."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

import pgtrigger
from django.contrib.auth.base_user import BaseUserManager
from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from config.foundation import clock
from partners.models.addresses import SPELLING, AddressField
from partners.models.tenants import Environment, Partner

UpdateOf: Any = pgtrigger.UpdateOf  # which has no types


class UserManager(BaseUserManager["User"]):
    """Users are created and found by e-mail address in any spelling of it."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A new user with a hashed password. None makes the password unusable."""
        user = self.model(email=email, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A new Phygitals admin with every right. The caller vouches for the address."""
        known = {"verified_at": clock.now(), "verified_by": User.Verified.COMMAND}
        return self.create_user(email, password, **known | fields, is_staff=True, is_superuser=True)

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=username or "")


class User(AbstractUser):
    """A person who signs in by e-mail address: a partner's member, Phygitals staff, or both.

    Until the address is verified, somebody else may have opened the account: it belongs to one
    partner's team only, and is never staff.
    """

    class Verified(models.TextChoices):
        """What proved that the account's person has the address."""

        MAIL = "mail", _("a link sent to it")
        CODE = "code", _("a code from Phygitals")
        COMMAND = "command", _("a command")
        UPGRADE = "upgrade", _("rights held before addresses were verified")

    username = None  # type: ignore[assignment]
    email = AddressField("e-mail address", unique=True)
    # Since when nobody else has added to this account: rights, a password, a first factor. Younger
    # accounts confirm nothing (partners.decisions.dual_control). Triggers set it for rights, here
    # and on the tables of groups and permissions.
    trusted_since = models.DateTimeField(db_default=Now(), editable=False)
    # A one-time code with which staff set up their first factor (partners.people.enrolment).
    enrolment_digest = models.BinaryField(max_length=32, null=True, editable=False)
    enrolment_until = models.DateTimeField(null=True, editable=False)
    verified_at = models.DateTimeField("address verified", null=True, editable=False)
    verified_by = models.CharField(
        max_length=7, choices=Verified.choices, blank=True, editable=False
    )
    # the only partner that an unverified account can belong to
    confined_to = models.ForeignKey(
        Partner, models.PROTECT, null=True, editable=False, related_name="+", db_index=False
    )

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = UserManager()  # type: ignore[misc,assignment]

    class Meta:
        ordering = ("email",)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(email__regex=SPELLING), name="partners_user_email_spelling"
            ),
            models.CheckConstraint(
                condition=models.Q(verified_at=None, verified_by="")
                | models.Q(
                    verified_at__isnull=False,
                    verified_by__in=("mail", "code", "command", "upgrade"),
                ),
                name="partners_user_verified_by_something",
            ),
            models.CheckConstraint(
                condition=models.Q(verified_at__isnull=False)
                | models.Q(is_staff=False, is_superuser=False),
                name="partners_user_staff_is_verified",
            ),
        )
        triggers = (
            pgtrigger.Trigger(
                name="address_is_verified_again",
                when=pgtrigger.Before,
                operation=UpdateOf("email", "verified_at"),
                condition=pgtrigger.Condition(
                    "NEW.email <> OLD.email AND NEW.verified_at = OLD.verified_at"
                ),
                func="RAISE EXCEPTION 'a changed address is not verified'"
                " USING ERRCODE = 'check_violation';",
            ),
            pgtrigger.Trigger(
                name="unverified_is_confined",
                when=pgtrigger.Before,
                operation=UpdateOf("verified_at", "confined_to_id"),
                condition=pgtrigger.Q(new__verified_at=None),
                func="""
                    IF EXISTS (SELECT FROM public.partners_membership
                                WHERE user_id = NEW.id
                                  AND partner_id IS DISTINCT FROM NEW.confined_to_id) THEN
                        RAISE EXCEPTION 'an account in other teams stays verified'
                              USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Trigger(
                name="granted_now",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    "((NEW.is_active AND NOT OLD.is_active) OR (NEW.is_staff AND NOT OLD.is_staff)"
                    " OR (NEW.is_superuser AND NOT OLD.is_superuser))"
                ),
                func="NEW.trusted_since = now(); RETURN NEW;",
            ),
        )

    def __str__(self) -> str:
        return self.email

    @property
    def is_verified(self) -> bool:
        """Whether the mailbox, or a code handed over by staff, has proved the address."""
        return self.verified_at is not None


class Role(models.TextChoices):
    """What a member may do: each role includes the ones before it."""

    VIEWER = "viewer", _("Viewer")  # reads
    OPERATOR = "operator", _("Operator")  # sells items back
    OWNER = "owner", _("Owner")  # keys, webhooks, team

    def includes(self, other: Role) -> bool:
        """Whether this role may do what ``other`` may."""
        order = list(Role)
        return order.index(self) >= order.index(other)


class Membership(models.Model):
    """One person's place in one partner's team."""

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(
        User, models.CASCADE, related_name="memberships", db_index=False
    )  # unique below serves
    partner = models.ForeignKey(
        Partner, models.PROTECT, related_name="memberships"
    )  # index: the team page
    role = models.CharField(max_length=10, choices=Role.choices)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ("partner_id", "user_id")
        constraints = (
            models.UniqueConstraint(
                fields=("user", "partner"), name="partners_membership_once_per_partner"
            ),
            models.CheckConstraint(
                condition=models.Q(role__in=("viewer", "operator", "owner")),
                name="partners_membership_role_known",
            ),
        )
        triggers = (
            # The account's row is locked, so that it stays as it was found.
            pgtrigger.Trigger(
                name="unverified_is_confined",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | UpdateOf("user_id", "partner_id"),
                declare=[("elsewhere", "boolean")],
                func="""
                    SELECT verified_at IS NULL AND confined_to_id IS DISTINCT FROM NEW.partner_id
                      INTO elsewhere FROM public.partners_user
                     WHERE id = NEW.user_id FOR SHARE;
                    IF elsewhere THEN
                        RAISE EXCEPTION 'an unverified account belongs to one team'
                              USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
        )

    def __str__(self) -> str:
        return f"{self.user} in {self.partner} ({self.role})"


class Scope(models.TextChoices):
    """Permissions that a key can be limited to."""

    INVENTORY_READ = "inventory:read", _("Read inventories, sellbacks and history")
    BUYBACK_WRITE = "buyback:write", _("Sell back items")
    PURCHASE_WRITE = "purchase:write", _("Buy pulls")
    SHIP_WRITE = "ship:write", _("Ship items")


MOST_NAMED = 200  # keys offered as a filter; a partner may have any number of revoked ones


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    """Queries for keys."""

    def active(self, now: datetime) -> ApiKeyQuerySet:
        """Neither revoked nor expired at ``now``."""
        return self.filter(revoked_at=None).exclude(expires_at__lte=now)

    def names(self) -> dict[str, str]:
        """Names of the newest keys by ``key_id``, newest first, for filters. One query."""
        newest = self.order_by("-id").values_list("key_id", "name")[:MOST_NAMED]
        return dict(sorted(newest, key=lambda key: key[1]))


class ApiKey(models.Model):
    """A key to one environment: ``live-<key_id>_<secret>`` or ``sandbox-<key_id>_<secret>``.

    Only a SHA-256 digest of the whole text is stored, so a key is shown once, when it is created. A
    fast hash is right here: the secret is 256 random bits, which cannot be guessed.
    """

    id = models.BigAutoField(primary_key=True)
    environment = models.ForeignKey(
        Environment, models.PROTECT, related_name="api_keys"
    )  # index: the keys page
    name = models.CharField(max_length=100)
    key_id = models.CharField(
        max_length=16, unique=True, editable=False
    )  # unique index: every API call
    digest = models.BinaryField(max_length=32, editable=False)
    last_four = models.CharField(max_length=4, editable=False)
    scopes = ArrayField(
        models.CharField(max_length=40), default=list, blank=True, help_text="Empty: full access."
    )
    networks = ArrayField(
        models.CharField(max_length=50),
        default=list,
        db_default=[],
        blank=True,
        help_text="Addresses and networks that it may be used from. Empty: any.",
    )
    created_by = models.CharField(max_length=300, editable=False, help_text="Who created it.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    replaced_by = models.OneToOneField(
        "self", models.PROTECT, null=True, editable=False, related_name="replaces"
    )

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        verbose_name = "API key"
        ordering = ("-created_at", "-id")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(
                    scopes__contained_by=[
                        "inventory:read",
                        "buyback:write",
                        "purchase:write",
                        "ship:write",
                    ]
                ),
                name="partners_apikey_scopes_known",
            ),
            models.CheckConstraint(
                condition=models.Q(networks__len__lte=20), name="partners_apikey_few_networks"
            ),
            models.CheckConstraint(
                condition=models.Q(replaced_by=None)
                | models.Q(expires_at__isnull=False) & ~models.Q(replaced_by=models.F("id")),
                name="partners_apikey_replaced_ends",
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} ({self.hint})"

    @property
    def hint(self) -> str:
        """The part of the key that may be shown: its visible start and last four characters."""
        return f"{self.environment.mode}-{self.key_id}_…{self.last_four}"

    def is_active(self, now: datetime) -> bool:
        """Whether the key opens its environment at ``now`` (UTC)."""
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > now)
