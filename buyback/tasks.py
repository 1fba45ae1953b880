"""The clock's door: each task makes one call, is safe to run twice and in parallel. When they run:
``config/celery.py``.
"""

from __future__ import annotations

from celery import shared_task

from buyback import expiry


@shared_task(name="buyback.tasks.close_windows", soft_time_limit=240, time_limit=300)
def close_windows() -> int:
    """Close every window that has passed; returns how many."""
    return expiry.close_windows()
