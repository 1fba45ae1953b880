"""The clock's door to the catalogue. When they run: ``config/celery.py``."""

from __future__ import annotations

from celery import shared_task

from inventory import tallies
from inventory.packs import figures
from inventory.shipping import quotes


@shared_task(name="inventory.tasks.refresh_values", soft_time_limit=240, time_limit=300)
def refresh_values() -> int:
    """Bring every pack's expected value and stock up to date with its cards; returns how many
    packs.
    """
    return figures.refresh_values()


@shared_task(name="inventory.tasks.count_pulls", soft_time_limit=240, time_limit=300)
def count_pulls() -> int:
    """Bring every pack's count of pulls and its latest pull up to date; returns how many."""
    return figures.count_pulls()


@shared_task(name="inventory.tasks.count_sold", soft_time_limit=240, time_limit=300)
def count_sold() -> int:
    """Bring every tier's number of pulls that were sold back up to date; returns how many tiers."""
    return figures.count_sold()


@shared_task(name="inventory.tasks.forget_old_quotes", soft_time_limit=240, time_limit=300)
def forget_old_quotes() -> int:
    """Delete shipping quotes, with their addresses, a day after they expired; returns how many."""
    return quotes.forget_old()


@shared_task(name="inventory.tasks.count_items", soft_time_limit=240, time_limit=300)
def count_items() -> int:
    """Bring the tallies of the overview and of the users' list up to date; returns how many of the
    overview's.
    """
    return tallies.count_items()
