"""Partner and Environment: every other row belongs to an environment."""

from __future__ import annotations

from datetime import datetime, timedelta

import pgtrigger
from django.db import connection, models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from config.foundation import clock
from config.foundation.money import MoneyField, money_check

MOST_CALLS = 1_000_000  # a minute


class Mode(models.TextChoices):
    """Live or sandbox. The two share no row (contract, section 8)."""

    LIVE = "live", _("Live")
    SANDBOX = "sandbox", _("Sandbox")


class Partner(models.Model):
    """A company whose users pull cards. While suspended, its keys answer 401."""

    class Status(models.TextChoices):
        ACTIVE = "active", "Active"
        SUSPENDED = "suspended", "Suspended"

    id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=200)
    slug = models.SlugField(
        max_length=60, unique=True, help_text="Short name used in commands and addresses."
    )
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.ACTIVE)
    requires_factor = models.BooleanField(
        "second factor required",
        default=False,
        db_default=False,
        help_text="Members must set up a second factor before they see the dashboard.",
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ("name", "id")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(status__in=("active", "suspended")),
                name="partners_partner_status_known",
            ),
        )

    def __str__(self) -> str:
        return self.name


class EnvironmentQuerySet(models.QuerySet["Environment"]):
    """Queries for environments."""

    def of(self, slug: str, mode: str) -> EnvironmentQuerySet:
        """The environment of a partner's slug and a mode."""
        return self.select_related("partner").filter(partner__slug=slug, mode=mode)


class _InUse(models.Manager["Environment"]):
    """Leaves out retired sandboxes: no query finds them, but old rows still refer to them."""

    def get_queryset(self) -> models.QuerySet[Environment]:
        return super().get_queryset().filter(retired_at=None)


class Environment(models.Model):
    """One partner in one mode. Every tenant row has ``environment_id``; every query starts here.

    A sandbox's clock runs ``clock_offset`` ahead of real time. Live uses real time. Neither clock
    goes back.
    """

    id = models.BigAutoField(primary_key=True)
    partner = models.ForeignKey(
        Partner, models.PROTECT, related_name="environments"
    )  # index: a partner's pages
    mode = models.CharField(max_length=7, choices=Mode.choices)
    clock_offset = models.DurationField(
        default=timedelta(0), help_text="How far the sandbox's clock is ahead of real time."
    )
    clock_moved_at = models.DateTimeField(
        null=True, editable=False, help_text="Real time of its last change."
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    calls_per_minute = models.PositiveIntegerField(
        null=True,
        help_text=("Limit for reads and, separately, for writes. Empty: the platform's limits."),
    )
    cap_per_day = MoneyField(
        null=True,
        help_text=("USD of live sellbacks in a UTC day. Empty: the platform's cap."),
    )
    retired_at = models.DateTimeField(
        null=True, editable=False, help_text="When a reset replaced this sandbox."
    )

    objects = _InUse.from_queryset(EnvironmentQuerySet)()

    class Meta:
        ordering = ("partner_id", "mode")
        constraints = (
            models.UniqueConstraint(
                fields=("partner", "mode"),
                condition=models.Q(retired_at=None),
                name="partners_environment_one_per_mode",
            ),
            models.CheckConstraint(
                condition=models.Q(mode="sandbox") | models.Q(retired_at=None),
                name="partners_environment_live_is_never_retired",
            ),
            # Referenced by inventory_item: an item's mode is its environment's.
            models.UniqueConstraint(fields=("id", "mode"), name="partners_environment_id_mode"),
            models.CheckConstraint(
                condition=models.Q(mode__in=("live", "sandbox")),
                name="partners_environment_mode_known",
            ),
            models.CheckConstraint(
                condition=models.Q(mode="sandbox") | models.Q(clock_offset=timedelta(0)),
                name="partners_environment_live_clock_is_real",
            ),
            models.CheckConstraint(
                condition=models.Q(calls_per_minute__gte=1, calls_per_minute__lte=MOST_CALLS),
                name="partners_environment_calls_bounds",
            ),
            money_check("cap_per_day", name="partners_environment_cap_bounds"),
            models.CheckConstraint(
                condition=models.Q(mode="live") | models.Q(cap_per_day=None),
                name="partners_environment_sandbox_has_no_cap",
            ),
        )
        triggers = (
            pgtrigger.Protect(
                name="retired_for_good",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__retired_at__isnull=False),
            ),
            # A past day stays past, because its statement is frozen (buyback/ledger/statements.py).
            pgtrigger.Trigger(
                name="clock_only_forward",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__clock_offset__df=pgtrigger.F("new__clock_offset")),
                func="""
                    IF NEW.clock_offset < OLD.clock_offset THEN
                        RAISE EXCEPTION 'a clock only moves forward' USING ERRCODE = 'check_violation';
                    END IF;
                    NEW.clock_moved_at = clock_timestamp();
                    RETURN NEW;
                """,  # noqa: E501  (the same letters as in the database)
            ),
        )

    def __str__(self) -> str:
        return f"{self.partner.name} ({self.mode})"

    @property
    def is_live(self) -> bool:
        """Whether real money moves here."""
        return self.mode == Mode.LIVE

    def database_now(self) -> datetime:
        """The environment's time by the database's clock, read now. For actions, after locking."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT clock_timestamp() + clock_offset FROM partners_environment WHERE id = %s",
                [self.pk],
            )
            moment: datetime = cursor.fetchone()[0]
        return moment

    def now(self) -> datetime:
        """The environment's time for display. Actions on money use ``database_now``."""
        return clock.now() + self.clock_offset
