"""`manage.py demo_info`: the demo's logins and keys, and an item that sells right now, as JSON.

`--code` prints the six digits that the admin's login asks for this moment, and nothing else.
"""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from buyback.demo import credentials


class Command(BaseCommand):
    """Prints what `seed_demo` wrote to demo.json, with an item that can be sold back at this
    moment.
    """

    help = "Print the demo world's logins, API keys and a sellable item as JSON."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--code", action="store_true", help="print the admin's code of this half minute alone"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        demo = credentials.read()
        if demo is None:
            raise CommandError(
                "There is no demo world here, or its demo.json is lost; run seed_demo.",
                returncode=2,
            )
        if options["code"]:
            self.stdout.write(credentials.code(demo))
            return
        admin = demo["admin"] | {"code": credentials.code(demo)}
        self.stdout.write(json.dumps(credentials.with_sellback(demo) | {"admin": admin}, indent=2))
