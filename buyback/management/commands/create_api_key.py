"""`manage.py create_api_key SLUG --mode live|sandbox --name N`: prints a new key on stdout."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from buyback.guards import shell
from config.foundation.command_errors import in_one_line
from partners.keys.api_keys import issue_key
from partners.models import Environment, Mode, Scope
from partners.records.actor import SHELL


class Command(BaseCommand):
    """Create an API key, shown once. Exit code 2: refused, nothing was created."""

    help = (
        "Create an API key for one environment of a partner. Only the key is printed, and only "
        "this once."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", metavar="SLUG", help="the partner's slug")
        parser.add_argument("--mode", required=True, choices=Mode.values)
        parser.add_argument("--name", required=True, help="what the key is for")
        limited = "limit the key to this; give it again for more (default: everything)"
        parser.add_argument(
            "--scope", action="append", default=[], choices=Scope.values, help=limited
        )

    def handle(self, *args: Any, **options: Any) -> None:
        with in_one_line():
            environment = Environment.objects.of(options["slug"], options["mode"]).first()
            if environment is None:
                raise CommandError(f"There is no partner {options['slug']}.", returncode=2)
            name, scopes = options["name"], options["scope"]
            with transaction.atomic():
                key, text = issue_key(environment=environment, name=name, scopes=scopes, by=SHELL)
                shell.report(
                    "create_api_key", partner=options["slug"], key=key.hint, scopes=key.scopes
                )
        self.stdout.write(text)
