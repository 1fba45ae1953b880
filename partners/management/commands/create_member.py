"""`manage.py create_member SLUG EMAIL --role viewer|operator|owner`: adds a person to a team."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from getpass import getpass
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config.foundation.command_errors import in_one_line
from partners.models import Partner, Role, User
from partners.people.team import add_member
from partners.records.actor import SYSTEM


class Command(BaseCommand):
    """Add a member. Exit code 2: refused, nothing was created."""

    help = (
        "Add a person to a partner's team. A new user's password is asked for twice, or read "
        "from standard "
        "input. An existing user keeps the password, unless one comes with --password-stdin."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", metavar="SLUG", help="the partner's slug")
        parser.add_argument("email", metavar="EMAIL")
        parser.add_argument("--role", required=True, choices=Role.values)
        parser.add_argument(
            "--password-stdin",
            action="store_true",
            help="the password is standard input's first line",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        with in_one_line():
            partner = Partner.objects.filter(slug=options["slug"]).first()
            if partner is None:
                raise CommandError(f"There is no partner {options['slug']}.", returncode=2)
            password = self._password(
                options["email"].strip().lower(), from_stdin=options["password_stdin"]
            )
            membership = add_member(
                partner=partner,
                email=options["email"],
                role=options["role"],
                password=password,
                by=SYSTEM,
            )
        self.stdout.write(f"Added {membership.user.email} to {partner.slug} as {membership.role}.")

    def _password(self, email: str, *, from_stdin: bool) -> str | None:
        if from_stdin:
            password = sys.stdin.readline().rstrip("\r\n")
            if not password:
                raise CommandError("Standard input contains no password.", returncode=2)
            return password
        return None if User.objects.filter(email=email).exists() else _asked()


def _asked() -> str:
    """A password typed twice. Raises CommandError."""
    if not sys.stdin.isatty():
        raise CommandError("There is no terminal to ask on; use --password-stdin.", returncode=2)
    try:
        first, second = getpass("Password: "), getpass("Again: ")
    except (EOFError, KeyboardInterrupt) as error:
        raise CommandError("No password was given.", returncode=2) from error
    if first != second:
        raise CommandError("The two passwords differ.", returncode=2)
    return first
