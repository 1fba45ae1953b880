"""`manage.py break_glass KIND ID --reason R`: carries out one pending proposal alone."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from buyback.decisions import resolution, reversal, review
from buyback.guards import shell
from buyback.management.invited import handed_over
from buyback.models import Proposal, Resolution, Reversal
from config.foundation.command_errors import in_one_line
from config.foundation.reasons import clean_reason
from inventory.models import PriceProposal
from inventory.vault.price_decisions import confirm_prices
from partners.decisions import access
from partners.models import AccessProposal, DualControl
from partners.records.actor import SHELL


def _access(found: Any) -> str:
    done = access.confirm(proposal=found, by=SHELL)
    if done.code is not None:
        return f"Verification code, shown once: {done.secret}"
    return handed_over(done.invitation, done.secret) if done.invitation else ""


def _review(found: Any) -> str:
    review.confirm(buyback=found.buyback, by=SHELL, proposal=found.pk)
    return ""


def _reversal(found: Any) -> str:
    reversal.confirm(buyback=found.buyback, by=SHELL, proposal=found.pk)
    return ""


def _resolution(found: Any) -> str:
    resolution.confirm(difference=found.difference, by=SHELL, proposal=found.pk)
    return ""


def _prices(found: Any) -> str:
    confirm_prices(proposal=found, by=SHELL)
    return ""


KINDS: dict[str, tuple[type[DualControl], Callable[[Any], str]]] = {
    "access": (AccessProposal, _access),
    "difference": (Resolution, _resolution),
    "prices": (PriceProposal, _prices),
    "reversal": (Reversal, _reversal),
    "review": (Proposal, _review),
}


class Command(BaseCommand):
    """Carry out a proposal without a second person. Exit code 2: refused, nothing was done.

    The alert is committed first: a crash cannot hide the attempt.
    """

    help = (
        "Carry out one pending proposal alone, when no second person can be reached. Alerts every "
        "admin. Without arguments, list what is pending."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("kind", nargs="?", choices=sorted(KINDS))
        parser.add_argument("id", nargs="?", type=int)
        parser.add_argument("--reason", default="", help="why nobody else can confirm")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["kind"] is None:
            self._list()
            return
        with in_one_line():
            model, act = KINDS[options["kind"]]
            reason = clean_reason(options["reason"])
            rows = model._default_manager.filter(confirmed_at=None)  # noqa: SLF001
            found = rows.filter(pk=options["id"]).first()
            if found is None:
                raise CommandError("There is no such pending proposal.", returncode=2)
            with transaction.atomic():
                shell.report(
                    "break_glass",
                    kind=options["kind"],
                    id=found.pk,
                    proposal=str(found),
                    reason=reason,
                )
            said = act(found)
        self.stdout.write(f"Carried out: {found}. Every admin is alerted.")
        if said:
            self.stdout.write(said)

    def _list(self) -> None:
        for kind, (model, _) in sorted(KINDS.items()):
            rows = model._default_manager.filter(confirmed_at=None)  # noqa: SLF001
            for row in rows.order_by("pk"):
                self.stdout.write(f"{kind} {row.pk}: {row} (by {row.proposed_by}: {row.reason})")
