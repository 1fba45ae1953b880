"""Django's `createsuperuser`, refused: `create_staff --superuser` is audited and alerted."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    """Always refused. Exit code 2."""

    help = "Use create_staff EMAIL --superuser."

    def handle(self, *args: Any, **options: Any) -> None:
        raise CommandError(f"{self.help} It is audited and alerts the admins.", returncode=2)
