"""The audit log: who did what to what, written in the transaction of the deed itself."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import structlog
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction
from django.db.models import Field, Model

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
    """Write one entry. Refuses to run outside a transaction: an entry without its deed is a lie.

    ``action`` is ``<thing>.<past participle>``, such as ``api_key.revoked``; ``target`` a row, kept
    as ``<app>.<model>:<pk>``; ``before`` and ``after`` are JSON of what changed, never a secret.
    ``request_id`` defaults to that of the request that is being served.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("An audit entry is written in the transaction of its deed.")
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
    """Save a row that has no rules of its own beyond the database's, and audit what changed of
    ``fields``.

    A new row is written whole, an existing one in those fields alone, under its lock; with nothing
    changed, nothing is written. The action is ``<model>.created`` or ``<model>.changed``.
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
    """Fields of a row as JSON holds them: amounts and times as text, a related row by its key."""
    columns: dict[str, Field[Any, Any]] = {
        column.name: column for column in row._meta.concrete_fields
    }
    found = {field: columns[field].value_from_object(row) for field in fields}
    plain: dict[str, Any] = json.loads(json.dumps(found, cls=DjangoJSONEncoder))
    return plain
