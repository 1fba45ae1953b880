"""``manage.py migrate``: Django's, with the time limits of migrations.

See ``config/postgres/time_limits.py``. A migration may run for hours but waits only a few seconds
for a lock, because all later users of the table wait behind it.
"""

from __future__ import annotations

from typing import Any

from django.core.management.commands import migrate

from config.postgres import time_limits


class Command(migrate.Command):
    """Only the limits differ, also when another command calls it."""

    def handle(self, *args: Any, **options: Any) -> None:
        with time_limits.using("migrations"):
            super().handle(*args, **options)
