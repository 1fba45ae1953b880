"""Alerts: each problem is reported once until an admin marks it as seen."""

from __future__ import annotations

from datetime import datetime

from django.core.cache import cache
from django.db import transaction

from buyback.models import Alert
from config.foundation import clock
from config.peers.breaker import MAX_FAILURES, REST
from partners.models import Environment
from partners.records import audit
from partners.records.actor import Actor


def send(*, kind: Alert.Kind, environment: Environment | None, subject: str, detail: str) -> None:
    """Write an alert, unless one of the same kind and subject is unseen.

    ``environment`` None: it concerns all.
    """
    alert = Alert(kind=kind, environment=environment, subject=subject, detail=detail[:500])
    Alert.objects.bulk_create([alert], ignore_conflicts=True)


PEERS = ("oracle", "treasury")


def breaker_opened(peer: str) -> None:
    """Report that this process stopped calling ``peer`` for a while.

    Each process has its own breaker and reports it. Admins get one alert until it is seen;
    ``open_breakers`` lists the peer as long as a breaker is open.
    """
    cache.set(f"breaker:{peer}", clock.iso(clock.now()), REST)
    failures = f"{MAX_FAILURES} failed calls in a row"
    send(kind=Alert.Kind.BREAKER_OPENED, environment=None, subject=peer, detail=failures)


def open_breakers() -> list[str]:
    """Peers that at least one process does not call at the moment."""
    return sorted(
        key.partition(":")[2] for key in cache.get_many([f"breaker:{peer}" for peer in PEERS])
    )


def mark_seen(*, alert: Alert, by: Actor, now: datetime | None = None) -> Alert:
    """Mark the alert as seen. Repeatable: the first time is kept."""
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
