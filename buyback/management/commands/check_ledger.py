"""``manage.py check_ledger``: is every rule about money true in the database as it stands?"""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand

from buyback.ledger import invariants


class Command(BaseCommand):
    """Prints each broken rule with its first rows and exits 1, or one line and exits 0."""

    help = "Check every rule about money: exits 1 and names the rows if one is broken."

    def handle(self, *args: Any, **options: Any) -> None:
        broken = list(invariants.broken_invariants())
        for rule, breaches, rows in broken:
            more = ", …" if breaches and breaches > len(rows) else ""
            self.stdout.write(f"BROKEN: {rule}: {breaches} ({', '.join(rows)}{more})")
        if broken:
            sys.exit(1)
        self.stdout.write(f"The ledger is sound: {len(list(invariants.rules()))} rules hold.")
