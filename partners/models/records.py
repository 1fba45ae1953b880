"""Records: events for partners, the audit log, and responses stored for idempotency keys."""

from __future__ import annotations

from typing import Any

import pgtrigger
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from partners.models.tenants import Environment, Partner


def uuid_v7() -> models.Func:
    """PostgreSQL 18's ``uuidv7()``: unique, and in order of creation, so an index grows at its
    end.
    """
    return models.Func(function="uuidv7", output_field=models.UUIDField())


def append_only() -> list[pgtrigger.Trigger]:
    """Triggers that refuse UPDATE, DELETE and TRUNCATE for every role."""
    return [
        pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
        _no_truncate("this table is append-only"),
    ]


def pseudonymised(data: str) -> str:
    """SQL: an event's ``data`` with the pseudonym of ``gone`` (a ForgottenUser); null: not theirs.

    A shipment's event also loses what the carrier and people wrote about the parcel.
    """
    return f"""
        CASE WHEN {data} ->> 'user_id' = gone.user_id
             THEN jsonb_set({data}, '{{user_id}}', to_jsonb(gone.pseudonym::text))
             WHEN {data} -> 'items' @>
                  jsonb_build_array(jsonb_build_object('user_id', gone.user_id))
             THEN {data} || jsonb_build_object(
                      'tracking_number', NULL, 'tracking_url', NULL, 'error_message', NULL,
                      'items', (
                          SELECT jsonb_agg(
                                     CASE WHEN line ->> 'user_id' = gone.user_id
                                          THEN jsonb_set(line, '{{user_id}}',
                                                         to_jsonb(gone.pseudonym::text))
                                          ELSE line END ORDER BY place)
                            FROM jsonb_array_elements({data} -> 'items')
                                 WITH ORDINALITY AS lines (line, place)))
         END"""  # noqa: S608  (names of our own)


def only_pseudonymised() -> list[pgtrigger.Trigger]:
    """Like ``append_only``, but the id of a user who is being forgotten may become the pseudonym.

    The new row must be exactly what ``pseudonymised`` makes of the old one.
    """
    return [
        pgtrigger.Trigger(
            name="append_only",
            when=pgtrigger.Before,
            operation=pgtrigger.Update | pgtrigger.Delete,
            func=f"""
                IF TG_OP = 'UPDATE'
                   AND (NEW.id, NEW.environment_id, NEW.type, NEW.created_at)
                       IS NOT DISTINCT FROM
                       (OLD.id, OLD.environment_id, OLD.type, OLD.created_at)
                   AND EXISTS (
                       SELECT FROM public.partners_forgottenuser gone
                        WHERE gone.environment_id = OLD.environment_id
                          AND gone.finished_at IS NULL
                          AND NEW.data = {pseudonymised("OLD.data")}) THEN
                    RETURN NEW;
                END IF;
                RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table',
                                TG_TABLE_NAME;
            """,  # noqa: S608  (an expression of our own)
        ),
        _no_truncate("this table is append-only"),
    ]


def never_deleted() -> list[pgtrigger.Trigger]:
    """Triggers that refuse DELETE and TRUNCATE for every role."""
    return [
        pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        _no_truncate("rows of this table are never deleted"),
    ]


def _no_truncate(sentence: str) -> pgtrigger.Trigger:
    return pgtrigger.Trigger(
        name="no_truncate",
        when=pgtrigger.Before,
        operation=pgtrigger.Truncate,
        level=pgtrigger.Statement,
        func=f"RAISE EXCEPTION '{sentence}';",
    )


class Event(models.Model):
    """An event for the partner, written in the transaction of its change.

    Append-only, except that a forgotten user's id becomes a pseudonym.
    """

    class Type(models.TextChoices):
        ITEM_PULLED = "item.pulled", _("Item pulled")
        ITEM_EXPIRED = "item.expired", _("Window closed")
        ITEM_WINDOW_CHANGED = "item.window_changed", _("Window changed by hand")
        BUYBACK_COMPLETED = "buyback.completed", _("Sold back")
        BUYBACK_FAILED = "buyback.failed", _("Sellback failed")
        SHIPMENT_UPDATED = "shipment.updated", _("Shipment updated")

    id = models.UUIDField(primary_key=True, db_default=uuid_v7(), editable=False)
    environment = models.ForeignKey(
        Environment, models.PROTECT, related_name="events", db_index=False
    )
    type = models.CharField(max_length=40, choices=Type.choices)
    data: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField()
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("-created_at", "-id")
        indexes = (
            # Reader: the overview's recent activity and the events list, newest first.
            models.Index(
                fields=("environment", "-created_at", "-id"), name="partners_event_newest"
            ),
            # Reader: GET /events of one type. Pulls and sellbacks are frequent, so their pages fill
            # quickly without an index, and a sellback does not pay for one more.
            models.Index(
                fields=("environment", "type", "-created_at", "-id"),
                condition=~models.Q(type__in=("item.pulled", "buyback.completed")),
                name="partners_event_by_type",
            ),
        )
        triggers = only_pseudonymised()

    def __str__(self) -> str:
        return f"{self.type} {self.id}"


class AuditEntry(models.Model):
    """Who did what to which row, with the state before and after. The database refuses changes."""

    id = models.UUIDField(primary_key=True, db_default=uuid_v7(), editable=False)
    partner = models.ForeignKey(
        Partner, models.PROTECT, null=True, related_name="+", db_index=False
    )
    actor = models.CharField(max_length=300)  # "user:<email>", "key:<key id>" or "system"
    action = models.CharField(max_length=60)
    target = models.CharField(max_length=300)
    before: models.JSONField[Any, Any] = models.JSONField(null=True)
    after: models.JSONField[Any, Any] = models.JSONField(null=True)
    request_id = models.CharField(max_length=128, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name_plural = "audit entries"
        ordering = ("-created_at", "-id")
        indexes = (
            # Reader: the audit log, newest first.
            models.Index(fields=("-created_at", "-id"), name="partners_audit_newest"),
            # Reader: a partner's own audit log in the dashboard, newest first.
            models.Index(
                fields=("partner", "-created_at", "-id"), name="partners_audit_of_partner"
            ),
            # Reader: the entries of one row, for a sellback's timeline and the admin's search.
            models.Index(fields=("target", "-created_at"), name="partners_audit_of_a_row"),
            # Reader: the admin's search for everything one person, key or process did.
            models.Index(fields=("actor", "-created_at"), name="partners_audit_by_actor"),
            # Reader: the admin's search for one kind of action.
            models.Index(fields=("action", "-created_at"), name="partners_audit_by_action"),
            # Reader: the admin's search and the dashboard's filter for one request.
            models.Index(fields=("request_id",), name="partners_audit_by_request"),
        )
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.action} {self.target}"


class IdempotencyKey(models.Model):
    """A POST with an ``Idempotency-Key``, and its response (contract, section 9).

    If the effect takes several transactions, the row is written before the response.
    ``lease_until``: until when the request may still be running. ``subject``: what it created (a
    buyback), whose outcome is then the response.
    """

    id = models.BigAutoField(primary_key=True)
    environment = models.ForeignKey(Environment, models.PROTECT, related_name="+", db_index=False)
    key = models.CharField(max_length=255)
    fingerprint = models.BinaryField(max_length=32)
    status = models.PositiveSmallIntegerField(null=True)
    body = models.BinaryField(null=True)
    code = models.CharField(max_length=40, blank=True, db_default="")  # a refusal's
    subject = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = (
            # Reader: every POST with a key. The index also makes a second response impossible.
            models.UniqueConstraint(
                fields=("environment", "key"), name="partners_idempotencykey_once"
            ),
            models.CheckConstraint(
                condition=models.Q(status=None, body=None, lease_until__isnull=False)
                | models.Q(status__isnull=False, body__isnull=False),
                name="partners_idempotencykey_answered_or_at_work",
            ),
        )
        indexes = (
            # Reader: the purge of old responses.
            models.Index(fields=("created_at",), name="partners_idempotencykey_age"),
            # Reader: a sellback's timeline, for the key that requested it.
            models.Index(
                fields=("subject",),
                condition=models.Q(subject__isnull=False),
                name="partners_idempotencykey_made",
            ),
        )

    def __str__(self) -> str:
        return self.key
