"""The clock's door to what partners leave behind. When they run: ``config/celery.py``."""

from __future__ import annotations

from celery import shared_task

from partners.records import idempotency, request_log


@shared_task(name="partners.tasks.forget_old_answers", soft_time_limit=240, time_limit=300)
def forget_old_answers() -> int:
    """Delete kept answers that are old enough; returns how many."""
    return idempotency.forget_old()


@shared_task(name="partners.tasks.forget_old_calls", soft_time_limit=240, time_limit=300)
def forget_old_calls() -> int:
    """Delete what the request log keeps no longer; returns how many calls."""
    return request_log.forget_old()
