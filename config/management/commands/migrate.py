"""``manage.py migrate``: Django's own, with the limits of migrations
(``config/postgres/time_limits.py``).

A migration may run for hours, but waits only a few seconds for a lock: while it waits for a table,
all later users of the table wait behind it.
"""

from __future__ import annotations

from typing import Any

from django.core.management.commands import migrate

from config.postgres import time_limits


class Command(migrate.Command):
    """Changes nothing but the limits, also where another command calls it."""

    def handle(self, *args: Any, **options: Any) -> None:
        with time_limits.using("migrations"):
            super().handle(*args, **options)
