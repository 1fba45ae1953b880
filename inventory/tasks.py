"""Periodic tasks of the inventory. Their schedule: ``config/celery.py``."""

from __future__ import annotations

from celery import shared_task

from inventory import tallies
from inventory.forgetting import traces
from inventory.packs import figures
from inventory.shipping import quotes, retention


@shared_task(name="inventory.tasks.refresh_values", soft_time_limit=240, time_limit=300)
def refresh_values() -> int:
    """Update every pack's expected value and stock; returns how many packs."""
    return figures.refresh_values()


@shared_task(name="inventory.tasks.count_pulls", soft_time_limit=240, time_limit=300)
def count_pulls() -> int:
    """Update every pack's count of pulls and its latest pull; returns how many rows."""
    return figures.count_pulls()


@shared_task(name="inventory.tasks.count_sold", soft_time_limit=240, time_limit=300)
def count_sold() -> int:
    """Update every tier's number of pulls that were sold back; returns how many tiers."""
    return figures.count_sold()


@shared_task(name="inventory.tasks.forget_old_quotes", soft_time_limit=240, time_limit=300)
def forget_old_quotes() -> int:
    """Delete shipping quotes a day after they expired; returns how many."""
    return quotes.forget_old()


@shared_task(name="inventory.tasks.erase_old_addresses", soft_time_limit=240, time_limit=300)
def erase_old_addresses() -> int:
    """Erase addresses of orders that ended long ago; returns how many."""
    return retention.erase_old()


@shared_task(name="inventory.tasks.forget_users", soft_time_limit=240, time_limit=300)
def forget_users() -> int:
    """Erase the old ids of users who are being forgotten; returns how many rows changed."""
    return traces.erase_all()


@shared_task(name="inventory.tasks.count_items", soft_time_limit=240, time_limit=300)
def count_items() -> int:
    """Update the tallies of the overview and the users' list; returns how many of the overview."""
    return tallies.count_items()
