"""``manage.py check_ledger``: checks every ledger rule in the database."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from buyback.ledger import chains, invariants


class Command(BaseCommand):
    """Print each broken rule with its first rows and exit 1, or print one line and exit 0."""

    help = "Check every ledger rule: exits 1 and lists the rows if one is broken."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--heads", type=Path, help="a copy of the exported chain heads (CHAIN_HEADS_FILE)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        broken = list(invariants.broken_invariants())
        for rule, breaches, rows in broken:
            more = ", …" if breaches and breaches > len(rows) else ""
            self.stdout.write(f"BROKEN: {rule}: {breaches} ({', '.join(rows)}{more})")
        differing = _differing_heads(options["heads"])
        for head in differing[:1]:
            self.stdout.write(f"BROKEN: chains end as exported: {len(differing)} (first: {head})")
        if broken or differing:
            sys.exit(1)
        self.stdout.write(f"The ledger is sound: {len(list(invariants.rules()))} rules hold.")


def _differing_heads(given: Path | None) -> list[str]:
    """Raises CommandError if the file cannot be read. Without a file, nothing was exported yet."""
    path = given or settings.CHAIN_HEADS_FILE
    if given is None and not path.exists():
        return []
    try:
        return list(chains.differing_heads(path))
    except (OSError, ValueError, KeyError) as error:
        raise CommandError(f"The chain heads in {path} cannot be read: {error}") from error
