"""Periodic tasks of sellbacks, safe to run twice and in parallel; see ``config/celery.py``."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task

from buyback.bulk import run
from buyback.comparison import balance, payments
from buyback.exposure import snapshot
from buyback.ledger import chains, statements
from buyback.live import price_refresh, reconciler
from buyback.sellback import status
from inventory.windows import sweep


@shared_task(name="buyback.tasks.close_windows", soft_time_limit=240, time_limit=300)
def close_windows() -> int:
    """Close all windows that have passed; returns how many."""
    return sweep.close_windows()


@shared_task(name="buyback.tasks.reconcile", soft_time_limit=240, time_limit=300)
def reconcile() -> int:
    """Resolve sellbacks with an open outcome; returns how many were closed."""
    return reconciler.reconcile_all()


@shared_task(name="buyback.tasks.forget_keys_of_old_sales", soft_time_limit=240, time_limit=300)
def forget_keys_of_old_sales() -> int:
    """Delete idempotency keys of sellbacks that ended long ago; returns how many."""
    return status.forget_keys_of_old_sales()


@shared_task(name="buyback.tasks.refresh_prices", soft_time_limit=240, time_limit=300)
def refresh_prices() -> int:
    """Refresh the shown prices; returns how many."""
    return price_refresh.refresh_prices()


@shared_task(name="buyback.tasks.close_statements", soft_time_limit=240, time_limit=300)
def close_statements() -> int:
    """Close the days that have ended; returns how many."""
    return statements.close_statements()


@shared_task(name="buyback.tasks.extend_chains", soft_time_limit=240, time_limit=300)
def extend_chains() -> int:
    """Link new transfers and audit entries, and export the chains' ends; returns how many."""
    return chains.extend_chains()


@shared_task(name="buyback.tasks.take_exposure", soft_time_limit=240, time_limit=300)
def take_exposure() -> bool:
    """Calculate exposure and today's totals for the admin's home page; returns whether it ran."""
    return snapshot.take()


@shared_task(name="buyback.tasks.ask_balance", soft_time_limit=240, time_limit=300)
def ask_balance() -> bool:
    """Store the treasury's balance, and alert if it may not last; returns whether it responded."""
    return balance.refresh()


@shared_task(name="buyback.tasks.compare_payments", soft_time_limit=240, time_limit=300)
def compare_payments() -> bool:
    """Read on in the treasury's list of payments; returns whether it was compared with ours."""
    return payments.compare()


@shared_task(name="buyback.tasks.sell_bulk", soft_time_limit=240, time_limit=300)
def sell_bulk(bulk_id: str) -> None:
    """Sell the next lines of a bulk sellback, and start a new task for the rest.

    So other tasks run in between.
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
    """Start a task for every bulk sellback without a worker."""
    for bulk_id in run.unattended():
        sell_bulk.delay(str(bulk_id))
