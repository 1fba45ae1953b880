"""``manage.py check_ledger``: checks every ledger rule in the database."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand

from buyback.ledger import invariants


class Command(BaseCommand):
    """Print each broken rule with its first rows and exit 1, or print one line and exit 0."""

    help = "Check every ledger rule: exits 1 and lists the rows if one is broken."

    def handle(self, *args: Any, **options: Any) -> None:
        broken = list(invariants.broken_invariants())
        for rule, breaches, rows in broken:
            more = ", …" if breaches and breaches > len(rows) else ""
            self.stdout.write(f"BROKEN: {rule}: {breaches} ({', '.join(rows)}{more})")
        if broken:
            sys.exit(1)
        self.stdout.write(f"The ledger is sound: {len(list(invariants.rules()))} rules hold.")
