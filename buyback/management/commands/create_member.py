"""`manage.py create_member SLUG EMAIL --role viewer|operator|owner`: adds a person to a team."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from buyback.guards import shell
from buyback.management.passwords import password_for
from config.foundation.command_errors import in_one_line
from partners.models import Partner, Role
from partners.people.team import add_member
from partners.records.actor import SHELL


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
            password = password_for(options["email"], from_stdin=options["password_stdin"])
            email, role = options["email"], options["role"]
            with transaction.atomic():
                membership = add_member(
                    partner=partner, email=email, role=role, password=password, by=SHELL
                )
                shell.report(
                    "create_member",
                    partner=partner.slug,
                    email=membership.user.email,
                    role=role,
                    password_set=password is not None,
                )
        self.stdout.write(f"Added {membership.user.email} to {partner.slug} as {membership.role}.")
