"""`manage.py seed_demo`: creates invented demo data."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand
from django.db import transaction
from tqdm import tqdm

from buyback.demo import credentials, world
from buyback.demo.plan import visits
from config.foundation import clock


class Command(BaseCommand):
    """Create the demo data once, in one transaction; repeated, it changes nothing.

    Raises ImproperlyConfigured for new data while an oracle or a treasury is configured.
    """

    help = (
        "Create demo data: two invented partners with both environments, keys and people, an "
        "admin, six packs, a catalogue, and users with a month of pulls and sellbacks. "
        "Repeatable. Logins and keys are written to demo.json in the data folder."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--cards", type=count, default=5000, help="physical cards in the vault (5000)"
        )
        parser.add_argument(
            "--users", type=count, default=200, help="users over all partners (200)"
        )
        parser.add_argument("--days", type=count, default=30, help="days of history (30)")
        parser.add_argument(
            "--seed", type=int, default=2026, help="another seed gives other data (2026)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        made = not world.is_made()
        if made:
            if settings.ORACLE_URL or settings.TREASURY_URL:
                raise ImproperlyConfigured(
                    "Demo sellbacks call no peers. Create the demo data without "
                    "ORACLE_URL and "
                    "TREASURY_URL, then set them again."
                )
            size = world.Size(options["cards"], options["users"], options["days"])
            with transaction.atomic():
                self._make(size, options["seed"])
        demo = (None if made else credentials.read()) or credentials.grant()
        credentials.write(credentials.with_sellback(demo))
        if options["verbosity"]:
            said = "Demo data created" if made else "The demo data already exists"
            self.stdout.write(f"{said}; logins and keys are in {credentials.path()}.")

    def _make(self, size: world.Size, seed: int) -> None:
        now = clock.now()
        world.make_partners()
        world.make_packs()
        plan = visits(seed=seed, users=size.users, days=size.days, now=now)
        with tqdm(
            total=len(plan), desc="Demo", unit=" visits", disable=None, leave=False
        ) as progress:
            world.play(plan, seed=seed, size=size, now=now, advance=progress.update)


def count(text: str) -> int:
    """A whole number above 0. Raises ArgumentTypeError."""
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError("must be a whole number above 0")
    return int(text)
