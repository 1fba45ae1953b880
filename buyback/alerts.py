"""Alerts: the same trouble is told once, until somebody has looked at it; then anew when it comes again."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from buyback.models import Alert
from config import clock
from partners import audit
from partners.actor import Actor
from partners.models import Environment


def tell(*, kind: Alert.Kind, environment: Environment, subject: str, detail: str) -> None:
    """Tell the admins, unless they were told of this trouble (its kind and subject) and have not looked yet."""
    alert = Alert(kind=kind, environment=environment, subject=subject, detail=detail[:500])
    Alert.objects.bulk_create([alert], ignore_conflicts=True)


def mark_seen(*, alert: Alert, by: Actor, now: datetime | None = None) -> Alert:
    """Say that the alert was looked at. Safe to repeat: the first time stays."""
    with transaction.atomic():
        locked = Alert.objects.select_related("environment__partner").select_for_update(of=("self",)).get(pk=alert.pk)
        if locked.seen_at is None:
            locked.seen_at = now or clock.now()
            locked.save(update_fields=["seen_at"])
            audit.record(
                actor=by,
                action="alert.seen",
                target=locked,
                partner=locked.environment.partner,
                before={"seen_at": None},
                after={"seen_at": clock.iso(locked.seen_at)},
            )
    return locked
