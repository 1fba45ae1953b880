"""The audit log: who did what to what, written in the transaction of the deed itself."""

from __future__ import annotations

from typing import Any

import structlog
from django.db import connection
from django.db.models import Model

from partners.actor import Actor
from partners.models import AuditEntry, Partner


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

    ``action`` is ``<thing>.<past participle>``, such as ``api_key.revoked``; ``target`` a row, kept as
    ``<app>.<model>:<pk>``; ``before`` and ``after`` are JSON of what changed, never a secret. ``request_id``
    defaults to that of the request that is being served.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("An audit entry is written in the transaction of its deed.")
    return AuditEntry.objects.create(
        actor=str(actor),
        action=action,
        target=target if isinstance(target, str) else f"{target._meta.label_lower}:{target.pk}",  # noqa: SLF001  (Django's documented name)
        partner=partner,
        before=before,
        after=after,
        request_id=request_id or structlog.contextvars.get_contextvars().get("request_id", ""),
    )
