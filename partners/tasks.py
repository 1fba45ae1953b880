"""Periodic tasks of partners. Their schedule: ``config/celery.py``."""

from __future__ import annotations

from celery import shared_task

from config.foundation import clock
from partners.records import idempotency, request_log, spending


@shared_task(name="partners.tasks.forget_old_answers", soft_time_limit=240, time_limit=300)
def forget_old_answers() -> int:
    """Delete old stored responses; returns how many."""
    return idempotency.forget_old()


@shared_task(name="partners.tasks.forget_old_calls", soft_time_limit=240, time_limit=300)
def forget_old_calls() -> int:
    """Delete calls past the request log's 30 days; returns how many."""
    return request_log.forget_old()


@shared_task(name="partners.tasks.forget_old_spending", soft_time_limit=240, time_limit=300)
def forget_old_spending() -> int:
    """Delete capped spans that ended a week ago; returns how many."""
    return spending.forget_old(clock.now())
