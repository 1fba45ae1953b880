"""The audit log: who did what to which row, written in the transaction of the change."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import structlog
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import Field, Model

from config.postgres.transactions import require_transaction
from partners.models import AuditEntry, Partner
from partners.records.actor import Actor


def record(
    *,
    actor: Actor,
    action: str,
    target: Model | str,
    partner: Partner | None = None,
    before: Any = None,
    after: Any = None,
    request_id: str = "",
) -> AuditEntry:
    """Write one entry. Must run in the transaction of the change that it records.

    ``action`` is ``<thing>.<past participle>``, such as ``api_key.revoked``. ``target`` is a row,
    stored as ``<app>.<model>:<pk>``. ``before`` and ``after`` are JSON of what changed, never a
    secret. ``request_id`` defaults to the current request's.
    """
    require_transaction("An audit entry")
    return AuditEntry.objects.create(
        actor=str(actor),
        action=action,
        target=target if isinstance(target, str) else f"{target._meta.label_lower}:{target.pk}",
        partner=partner,
        before=before,
        after=after,
        request_id=request_id or structlog.contextvars.get_contextvars().get("request_id", ""),
    )


def save(*, row: Model, fields: Iterable[str], by: Actor, partner: Partner | None = None) -> Model:
    """Save a row that has no rules beyond the database's, and audit the changes of ``fields``.

    A new row is inserted whole; of an existing one only those fields are updated, with the row
    locked. Without changes nothing is written. The action is ``<model>.created`` or
    ``<model>.changed``.
    """
    fields = sorted(fields)
    name = str(row._meta.model_name)
    with transaction.atomic():
        if row._state.adding:  # noqa: SLF001
            row.save()
            after = values(row, fields)
            record(actor=by, action=f"{name}.created", target=row, partner=partner, after=after)
            return row
        stored = type(row)._default_manager.select_for_update(no_key=True).get(pk=row.pk)  # noqa: SLF001
        before, after = values(stored, fields), values(row, fields)
        changed = [field for field in fields if before[field] != after[field]]
        if changed:
            row.save(update_fields=changed)
            record(
                actor=by,
                action=f"{name}.changed",
                target=row,
                partner=partner,
                before={field: before[field] for field in changed},
                after={field: after[field] for field in changed},
            )
    return row


def values(row: Model, fields: Iterable[str]) -> dict[str, Any]:
    """Fields of a row as JSON: amounts and times as text, a related row by its key."""
    columns: dict[str, Field[Any, Any]] = {
        column.name: column for column in row._meta.concrete_fields
    }
    found = {field: columns[field].value_from_object(row) for field in fields}
    plain: dict[str, Any] = json.loads(json.dumps(found, cls=DjangoJSONEncoder))
    return plain
