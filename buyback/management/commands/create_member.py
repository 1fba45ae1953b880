"""`manage.py create_member SLUG EMAIL --role viewer|operator|owner`: adds a person to a team."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from buyback.guards import shell
from buyback.management.invited import handed_over
from buyback.management.passwords import password_for
from config.foundation.command_errors import in_one_line
from partners.models import Membership, Partner, Role, User
from partners.people.invitations import invite
from partners.people.team import NotVerified, add_member, clean_email
from partners.people.verification import verify
from partners.records.actor import SHELL


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
            email, role, vouched = (
                clean_email(options["email"]),
                options["role"],
                options["verified"],
            )
            user = User.objects.filter(email=email).first()
            claimed = user if user and vouched and not user.is_verified else None
            password = password_for(None if claimed else user, from_stdin=options["password_stdin"])
            try:
                membership = _add(
                    partner=partner,
                    email=email,
                    role=role,
                    password=password,
                    vouched=vouched,
                    claimed=claimed,
                )
            except NotVerified:
                self.stdout.write(_invited(partner, email, role))
                return
        self.stdout.write(f"Added {membership.user.email} to {partner.slug} as {membership.role}.")


def _add(
    *,
    partner: Partner,
    email: str,
    role: str,
    password: str | None,
    vouched: bool,
    claimed: User | None,
) -> Membership:
    """``claimed``: the unverified account that the caller vouches for."""
    with transaction.atomic():
        if claimed is not None:
            verify(user=claimed, how=User.Verified.COMMAND, password=password or "", by=SHELL)
        membership = add_member(
            partner=partner, email=email, role=role, password=password, verified=vouched, by=SHELL
        )
        shell.report(
            "create_member",
            partner=partner.slug,
            email=email,
            role=role,
            password_set=password is not None,
            verified=membership.user.is_verified,
        )
    return membership


def _invited(partner: Partner, email: str, role: str) -> str:
    """Invite an account that cannot be added. The sentences say where the link is."""
    with transaction.atomic():
        invitation, secret = invite(partner=partner, email=email, role=role, by=SHELL)
        shell.report("create_member", partner=partner.slug, email=email, role=role, invited=True)
    where = handed_over(invitation, secret)
    return f"The address of {email} is not verified, so it is invited. {where}"
