"""`manage.py create_partner NAME --slug S`: a partner with its live and sandbox environments."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from config.foundation.command_errors import in_one_line
from partners.records.actor import SYSTEM
from partners.tenants.onboarding import create_partner


class Command(BaseCommand):
    """Create a partner. Exit code 2: refused, nothing was created."""

    help = "Create a partner with both environments."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", metavar="NAME")
        parser.add_argument(
            "--slug", required=True, help="short name used in commands and addresses"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        with in_one_line():
            partner = create_partner(name=options["name"], slug=options["slug"], by=SYSTEM)
        self.stdout.write(f"Created {partner.slug} with a live and a sandbox environment.")
