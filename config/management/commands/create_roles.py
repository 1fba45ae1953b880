"""``manage.py create_roles``: the database's roles and their rights."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from config.postgres import roles, time_limits


class Command(BaseCommand):
    """Create what is missing and grant every right again. Prints one line per role.

    Logs in with MIGRATION_DATABASE_URL, else DATABASE_URL. Raises ImproperlyConfigured (exit code
    2) if that login may not create roles.
    """

    help = "Create the database's roles owner, web, worker and readonly, and grant their rights."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        with time_limits.using("roles"):
            new = roles.create()
            for role, name in roles.names().items():
                made = "created, without a password" if name in new else "exists"
                self.stdout.write(f"{role:<9} {name}: {made}, rights granted")
