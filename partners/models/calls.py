"""The request log: API calls and their responses."""

from __future__ import annotations

from django.db import models

from partners.models.access import ApiKey
from partners.models.tenants import Environment


class ApiCallQuerySet(models.QuerySet["ApiCall"]):
    """Queries for the request log."""

    def of(self, environment: Environment) -> ApiCallQuerySet:
        """Calls of one environment, each with its key."""
        return self.filter(environment=environment).select_related("key")

    def unsuccessful(self) -> ApiCallQuerySet:
        """Calls that were refused or failed."""
        return self.filter(status__gte=400)


class ApiCall(models.Model):
    """One partner API call with a known key, kept for 30 days (``request_log.py``).

    Bodies are masked and cut to 8 KiB. ``created_at`` is real time, in a sandbox too.
    """

    id = models.BigAutoField(primary_key=True)  # in order of writing, so old rows come first
    environment = models.ForeignKey(Environment, models.PROTECT, related_name="+", db_index=False)
    key = models.ForeignKey(ApiKey, models.PROTECT, related_name="+", db_index=False)
    method = models.CharField(max_length=10)
    path = models.TextField()  # below the API's base, with its query
    status = models.PositiveSmallIntegerField()
    microseconds = models.PositiveIntegerField(help_text="How long the response took.")
    request_id = models.CharField(max_length=128)
    sent = models.TextField()
    answered = models.TextField()
    created_at = models.DateTimeField()

    objects = ApiCallQuerySet.as_manager()

    class Meta:
        verbose_name = "API call"
        ordering = ("-created_at", "-id")
        indexes = (
            # Reader: the request log, newest first.
            models.Index(
                fields=("environment", "-created_at", "-id"), name="partners_apicall_newest"
            ),
            # Reader: the request log, what was refused or failed, newest first.
            models.Index(
                fields=("environment", "-created_at", "-id"),
                condition=models.Q(status__gte=400),
                name="partners_apicall_unsuccessful",
            ),
            # Reader: the request log, by the id of a request.
            models.Index(fields=("environment", "request_id"), name="partners_apicall_request"),
        )

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.status}"

    @property
    def milliseconds(self) -> float:
        """How long the response took."""
        return self.microseconds / 1000

    @property
    def tone(self) -> str:
        """The colour of the status on a page."""
        return "good" if self.status < 400 else "bad" if self.status >= 500 else "warn"


class LostCalls(models.Model):
    """How many calls of a day (UTC, real time) the request log lost. Kept for 30 days."""

    id = models.BigAutoField(primary_key=True)
    # The unique constraint's index serves the request log, which sums the days.
    environment = models.ForeignKey(Environment, models.PROTECT, related_name="+", db_index=False)
    day = models.DateField()
    calls = models.PositiveIntegerField()

    class Meta:
        verbose_name_plural = "lost calls"
        ordering = ("environment", "day")
        constraints = (
            models.UniqueConstraint(
                fields=("environment", "day"), name="partners_lostcalls_once_a_day"
            ),
            models.CheckConstraint(condition=models.Q(calls__gt=0), name="partners_lostcalls_some"),
        )

    def __str__(self) -> str:
        return f"{self.calls} of {self.day}"
