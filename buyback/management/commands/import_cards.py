"""`manage.py import_cards FILE`: imports a catalogue of cards, all or nothing."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from tqdm import tqdm

from buyback.guards import shell
from inventory.vault.files import FORMATS, READERS, Numbered
from inventory.vault.importing import ImportRefusedError, import_cards
from inventory.vault.rows import COLUMNS, REQUIRED


class Command(BaseCommand):
    """Import a file of cards, all or nothing. Exit code 2: refused, nothing was imported."""

    help = (
        "Create or update cards from FILE: CSV (.csv) or JSON lines (.jsonl, .ndjson); - is "
        "standard input. "
        f"Columns: {', '.join(COLUMNS)}; required: {', '.join(REQUIRED)} and listing_id or "
        "mint_address. "
        "fmv is USD, attributes a JSON object, pack a pack's slug. A bad row is named with its "
        "line, "
        "and nothing is imported."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", help="the catalogue, or - for standard input")
        parser.add_argument(
            "--format", choices=sorted(READERS), help="default: by the file's extension"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path: str = options["file"]
        kind = options["format"] or FORMATS.get(Path(path).suffix.lower())
        if kind is None:
            raise CommandError(
                f"{path}: add --format csv or jsonl; the file name does not say.", returncode=2
            )
        try:
            with _open(path) as stream, transaction.atomic():
                done = import_cards(_watched(READERS[kind](stream)))
                shell.report("import_cards", file=path, **asdict(done))
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}", returncode=2) from error
        except ImportRefusedError as error:
            for sentence in error.errors:
                self.stderr.write(sentence)
            more = " There may be more." if error.more else ""
            raise CommandError(
                f"{path}: refused, nothing was imported.{more}", returncode=2
            ) from None
        self.stdout.write(
            f"{done.created} created, {done.updated} updated, {done.unchanged} unchanged"
        )


def _open(path: str) -> AbstractContextManager[BinaryIO]:
    return nullcontext(sys.stdin.buffer) if path == "-" else Path(path).open("rb")


def _watched(rows: Iterator[Numbered]) -> Iterator[Numbered]:
    """The rows, with a progress count if stderr is a terminal."""
    yield from tqdm(rows, desc="Cards", unit=" rows", disable=None, leave=False)
