"""`manage.py demo_info`: the demo's logins and keys, and a sellable item, as JSON.

`--code` prints only the current six-digit code for the admin's login.
"""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from buyback.demo import credentials


class Command(BaseCommand):
    """Print `seed_demo`'s demo.json, with an item that can be sold back now."""

    help = "Print the demo's logins, API keys and a sellable item as JSON."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--code", action="store_true", help="print only the admin's current code"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        demo = credentials.read()
        if demo is None:
            raise CommandError(
                "There is no demo data here, or its demo.json is lost; run seed_demo.",
                returncode=2,
            )
        if options["code"]:
            self.stdout.write(credentials.code(demo))
            return
        admin = demo["admin"] | {"code": credentials.code(demo)}
        self.stdout.write(json.dumps(credentials.with_sellback(demo) | {"admin": admin}, indent=2))
