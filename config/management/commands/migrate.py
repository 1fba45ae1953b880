"""``manage.py migrate``: Django's, with the time limits of migrations and triggers that all obey.

See ``config/postgres/time_limits.py``. A migration may run for hours but waits only a few seconds
for a lock, because all later users of the table wait behind it.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import connections
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from config.celery import app
from config.postgres import broker, roles, time_limits, triggers


class Command(migrate.Command):
    """Django's command; it ends with what each version needs again (``config/postgres/``). Raises
    CommandError for a database that is between two versions.
    """

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Create the embedded server's roles first, because Django's checks already log in."""
        if settings.EMBEDDED and "roles" in settings.DATABASE_LOGINS:
            with time_limits.using("roles"):
                roles.create()
        return super().execute(*args, **options)

    def handle(self, *args: Any, **options: Any) -> None:
        with time_limits.using("migrations"):
            refuse_partly_migrated(options["database"])
            super().handle(*args, **options)
            if not (options["plan"] or options["check_unapplied"]):
                triggers.ignore_no_one(options["database"])
                broker.make_queue(options["database"], app.conf.task_default_queue)
                roles.grant()


def refuse_partly_migrated(database: str) -> None:
    """Raise CommandError if some of the migrations that one of ours replaces were applied, and
    others were not. Django would leave the application's tables as they are, without a word.
    """
    applied = MigrationRecorder(connections[database]).applied_migrations().keys()
    for migration in MigrationLoader(None).disk_migrations.values():
        lacking = set(migration.replaces) - applied
        if lacking and len(lacking) < len(migration.replaces):
            raise CommandError(
                f"This database lacks {'.'.join(min(lacking))}, which is no longer part of the "
                "server: first run migrate of the version that has it, then this one."
            )
