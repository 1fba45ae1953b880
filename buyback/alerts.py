"""Alerts: somebody has looked at one. The same trouble is then told anew when it comes again."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from buyback.models import Alert
from config import clock
from partners import audit
from partners.actor import Actor


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
