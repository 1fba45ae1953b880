"""`manage.py create_member SLUG EMAIL --role viewer|operator|owner`: adds a person to a team."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from getpass import getpass
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from config.foundation.command_errors import in_one_line
from partners.models import Membership, Partner, Role, User
from partners.people.invitations import address, invite, mail
from partners.people.team import NotVerified, add_member, clean_email
from partners.people.verification import verify
from partners.records.actor import SYSTEM


class Command(BaseCommand):
    """Add a member, or invite an unverified account. Exit code 2: refused, nothing was created."""

    help = (
        "Add a person to a partner's team. A new user's password is asked for twice, or read "
        "from standard input. An existing user keeps the password, unless one comes with "
        "--password-stdin. An existing account whose address is not verified is invited instead."
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
        parser.add_argument(
            "--verified",
            action="store_true",
            help=(
                "the address is this person's, and you hand over the password yourself; an "
                "unverified account gets that password and loses its second factors"
            ),
        )

    def handle(self, *args: Any, **options: Any) -> None:
        with in_one_line():
            partner = Partner.objects.filter(slug=options["slug"]).first()
            if partner is None:
                raise CommandError(f"There is no partner {options['slug']}.", returncode=2)
            user = User.objects.filter(email=clean_email(options["email"])).first()
            claimed = user is not None and not user.is_verified and options["verified"]
            password = _from_stdin() if options["password_stdin"] else None
            if password is None and (user is None or claimed):
                password = _asked()
            try:
                membership = _added(partner, options, user if claimed else None, password)
            except NotVerified:
                self.stdout.write(_invited(partner, options))
                return
        self.stdout.write(f"Added {membership.user.email} to {partner.slug} as {membership.role}.")


def _added(
    partner: Partner, options: dict[str, Any], claimed: User | None, password: str | None
) -> Membership:
    """``claimed``: the unverified account that the caller vouches for."""
    with transaction.atomic():
        if claimed is not None:
            verify(user=claimed, how=User.Verified.COMMAND, password=password or "", by=SYSTEM)
        return add_member(
            partner=partner,
            email=options["email"],
            role=options["role"],
            password=password,
            verified=options["verified"],
            by=SYSTEM,
        )


def _invited(partner: Partner, options: dict[str, Any]) -> str:
    """Invite an account that cannot be added; the sentence says where the link is."""
    invitation, secret = invite(
        partner=partner, email=options["email"], role=options["role"], by=SYSTEM
    )
    link = address(secret, "")
    where = "by e-mail" if mail(invitation, link) else f"with this link, shown once: {link}"
    return f"The address of {invitation.email} is not verified, so it is invited {where}"


def _from_stdin() -> str:
    """The first line. Raises CommandError."""
    password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise CommandError("Standard input contains no password.", returncode=2)
    return password


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
