"""`manage.py create_staff EMAIL --group operations`: an account of Phygitals' own staff."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from buyback.guards import shell
from buyback.management.passwords import password_for
from config.foundation import clock
from config.foundation.command_errors import in_one_line
from partners.decisions.access import grant
from partners.models import User
from partners.people.enrolment import issue_code, needs_code
from partners.people.team import clean_email, set_password
from partners.records.actor import SHELL

GROUPS = ("support", "operations", "treasury")


class Command(BaseCommand):
    """Create or extend an account of the staff. Exit code 2: refused, nothing was created."""

    help = (
        "Create an account of Phygitals' staff, or give an existing one more rights. A new "
        "account's password is asked for twice, or read from standard input. Prints the one-time "
        "code with which the person sets up the first second factor. An existing account whose "
        "address is not verified is refused."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", metavar="EMAIL")
        parser.add_argument("--group", action="append", default=[], choices=GROUPS)
        parser.add_argument("--superuser", action="store_true", help="every right")
        parser.add_argument(
            "--password-stdin",
            action="store_true",
            help="the password is standard input's first line",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        with in_one_line():
            email, groups = clean_email(options["email"]), options["group"]
            found = User.objects.filter(email=email).first()
            password = password_for(found, from_stdin=options["password_stdin"])
            rights = {"is_staff": True, "is_superuser": options["superuser"], "groups": groups}
            # Of a new account, the caller vouches for the address.
            known = {"verified_at": clock.now(), "verified_by": User.Verified.COMMAND}
            with transaction.atomic():
                user, _ = User.objects.get_or_create(email=email, defaults=known)
                if password is not None:
                    set_password(user, password)
                user = grant(user=user, rights=rights, by=SHELL)
                code = issue_code(user=user, by=SHELL) if needs_code(user) else ""
                shell.report("create_staff", email=email, **rights)
        self.stdout.write(f"{email} is staff.")
        if code:
            self.stdout.write(f"One-time code for the first second factor, for a day: {code}")
