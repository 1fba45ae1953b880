"""Alerts: the same trouble is told once, until somebody has looked at it; then anew when it comes
again.
"""

from __future__ import annotations

from datetime import datetime

from django.core.cache import cache
from django.db import transaction

from buyback.models import Alert
from config.foundation import clock
from config.foundation.breaker import REST, SILENCES
from partners.models import Environment
from partners.records import audit
from partners.records.actor import Actor


def tell(*, kind: Alert.Kind, environment: Environment | None, subject: str, detail: str) -> None:
    """Tell the admins, unless they were told of this trouble (its kind and subject) and have not
    looked yet.

    ``environment`` None: it is about everybody.
    """
    alert = Alert(kind=kind, environment=environment, subject=subject, detail=detail[:500])
    Alert.objects.bulk_create([alert], ignore_conflicts=True)


PEERS = ("oracle", "treasury")


def breaker_opened(peer: str) -> None:
    """A process has stopped asking ``peer`` for a while. Each process has a breaker of its own and
    says so by itself: the admins are told once until somebody has seen it, and ``open_breakers``
    knows for as long as the breaker rests.
    """
    cache.set(f"breaker:{peer}", clock.iso(clock.now()), REST)
    silences = f"{SILENCES} silences in a row"
    tell(kind=Alert.Kind.BREAKER_OPENED, environment=None, subject=peer, detail=silences)


def open_breakers() -> list[str]:
    """The peers that at least one process does not ask at this moment."""
    return sorted(
        key.partition(":")[2] for key in cache.get_many([f"breaker:{peer}" for peer in PEERS])
    )


def mark_seen(*, alert: Alert, by: Actor, now: datetime | None = None) -> Alert:
    """Say that the alert was looked at. Safe to repeat: the first time stays."""
    with transaction.atomic():
        locked = (
            Alert.objects.select_related("environment__partner")
            .select_for_update(of=("self",))
            .get(pk=alert.pk)
        )
        if locked.seen_at is None:
            locked.seen_at = now or clock.now()
            locked.save(update_fields=["seen_at"])
            audit.record(
                actor=by,
                action="alert.seen",
                target=locked,
                partner=None if locked.environment is None else locked.environment.partner,
                before={"seen_at": None},
                after={"seen_at": clock.iso(locked.seen_at)},
            )
    return locked
