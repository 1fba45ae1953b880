"""`manage.py forget_user SLUG USER_ID --mode live --reason R`: erases a user's personal data."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config.foundation.command_errors import in_one_line
from inventory.forgetting import traces
from inventory.forgetting.forget import find, forget
from partners.models import Environment, ForgottenUser, Mode
from partners.records.actor import SYSTEM


class Command(BaseCommand):
    """Forget a user, or continue. Exit code 2: refused, nothing was changed."""

    help = (
        "Replace a user's id by a pseudonym and erase addresses. Money, items and ledger stay. "
        "Stopped, it continues with the same command."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", metavar="SLUG", help="the partner's slug")
        parser.add_argument("user_id", metavar="USER_ID", help="the partner's id of the user")
        parser.add_argument("--mode", required=True, choices=Mode.values)
        parser.add_argument("--reason", required=True, help="stored permanently, without the id")

    def handle(self, *args: Any, **options: Any) -> None:
        with in_one_line():
            environment = Environment.objects.filter(
                partner__slug=options["slug"], mode=options["mode"]
            ).first()
            if environment is None:
                raise CommandError(f"There is no partner {options['slug']}.", returncode=2)
            user_id = options["user_id"]
            forgotten = ForgottenUser.objects.filter(
                environment=environment, user_id=user_id, finished_at=None
            ).first() or forget(
                collector=find(environment, user_id), reason=options["reason"], by=SYSTEM
            )
            traces.erase(forgotten, say=self.stderr.write)
        self.stdout.write(
            f"The user is now {forgotten.pseudonym}. The worker goes over the records once more."
        )
