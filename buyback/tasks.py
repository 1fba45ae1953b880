"""The clock's door: each task makes one call, is safe to run twice and in parallel. When they run:
``config/celery.py``.
"""

from __future__ import annotations

from uuid import UUID

from celery import shared_task

from buyback.bulk import run
from buyback.exposure import snapshot
from buyback.ledger import statements
from buyback.live import price_refresh, reconciler
from buyback.sellback import status
from inventory.windows import sweep


@shared_task(name="buyback.tasks.close_windows", soft_time_limit=240, time_limit=300)
def close_windows() -> int:
    """Close every window that has passed; returns how many."""
    return sweep.close_windows()


@shared_task(name="buyback.tasks.reconcile", soft_time_limit=240, time_limit=300)
def reconcile() -> int:
    """Bring sales whose outcome is open to their end; returns how many were closed."""
    return reconciler.reconcile_all()


@shared_task(name="buyback.tasks.forget_keys_of_old_sales", soft_time_limit=240, time_limit=300)
def forget_keys_of_old_sales() -> int:
    """Delete the idempotency keys of sales that ended long enough ago; returns how many."""
    return status.forget_keys_of_old_sales()


@shared_task(name="buyback.tasks.refresh_prices", soft_time_limit=240, time_limit=300)
def refresh_prices() -> int:
    """Bring shown prices up to date; returns how many."""
    return price_refresh.refresh_prices()


@shared_task(name="buyback.tasks.close_statements", soft_time_limit=240, time_limit=300)
def close_statements() -> int:
    """Close the days that are over; returns how many."""
    return statements.close_statements()


@shared_task(name="buyback.tasks.take_standing", soft_time_limit=240, time_limit=300)
def take_standing() -> bool:
    """Add up what is owed and what today came to, for the admins' home page; whether this run
    did.
    """
    return snapshot.take()


@shared_task(name="buyback.tasks.sell_bulk", soft_time_limit=240, time_limit=300)
def sell_bulk(bulk_id: str) -> None:
    """Sell the next lines of one bulk sale, and ring for those after them, so that other work has
    its turn between.
    """
    try:
        left = run.sell_next(UUID(bulk_id))
    except run.LinesFailed as failed:
        if failed.left:
            sell_bulk.delay(bulk_id)
        raise
    if left:
        sell_bulk.delay(bulk_id)


@shared_task(name="buyback.tasks.resume_bulk_sales", soft_time_limit=240, time_limit=300)
def resume_bulk_sales() -> None:
    """Ring for every bulk sale at which nobody is."""
    for bulk_id in run.unattended():
        sell_bulk.delay(str(bulk_id))
