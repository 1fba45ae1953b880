"""Addresses get one spelling, and accounts whether their address is verified."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

import django.db.models.deletion
import idna
from django.core.exceptions import ValidationError
from django.core.management.base import CommandError
from django.core.validators import validate_email
from django.db import migrations, models
from django.db.models import Count, Min, Q
from django.db.models.functions import Now

NAME = re.compile(r"[-!#$%&'*+/=?^_`{|}~0-9a-z]+(\.[-!#$%&'*+/=?^_`{|}~0-9a-z]+)*")
DOMAIN = re.compile(r"[a-z0-9.-]+")
HELP = "see “Upgrading: one spelling of each address” in docs/operate.md"


def spelling(text: str) -> str | None:
    """As ``partners/models/addresses.py`` was then; None for what is no address."""
    name, _, domain = unicodedata.normalize("NFC", text.strip()).rpartition("@")
    name = name.lower()
    try:
        if domain.isascii() and "xn--" not in domain.lower():
            domain = domain.lower()
        else:
            domain = idna.encode(idna.decode(domain, uts46=True), uts46=True).decode()
        found = f"{name}@{domain}"
        validate_email(found)
    except (UnicodeError, ValidationError):
        return None
    fits = len(found) <= 254 and NAME.fullmatch(name) and DOMAIN.fullmatch(domain)
    return found if fits else None


def spell_users(user_model: Any) -> None:
    """Accounts are never merged: one person would get another's rights and password."""
    known: dict[str, tuple[int, str]] = {}
    for pk, before in user_model.objects.order_by("pk").values_list("pk", "email"):
        email = spelling(before)
        if email is None:
            raise CommandError(
                f"The account {before!r} has an address that no mail can reach in one "
                f"spelling: change it with the version before, then migrate again; {HELP}."
            )
        if email in known:
            raise CommandError(
                f"The accounts {known[email][1]!r} and {before!r} have the same address, {email}: "
                f"change one of them with the version before, then migrate again; {HELP}."
            )
        known[email] = pk, before
    for email, (pk, before) in known.items():
        if email != before:
            user_model.objects.filter(pk=pk).update(email=email)


def spell_invitations(invitation_model: Any) -> None:
    """The newest open invitation to an address stays; the others are withdrawn."""
    kept: set[tuple[int, str]] = set()
    rows = invitation_model.objects.order_by("-pk").values_list(
        "pk", "partner_id", "email", "accepted_at", "withdrawn_at"
    )
    for pk, partner, before, accepted, withdrawn in rows:
        email, row = spelling(before), invitation_model.objects.filter(pk=pk)
        is_open = accepted is None and withdrawn is None
        if is_open and (email is None or (partner, email) in kept):
            row.update(withdrawn_at=Now())
        elif is_open:
            kept.add((partner, email or ""))
        if email is not None and email != before:
            row.update(email=email)


def verify_users(user_model: Any) -> None:
    """Who holds rights that an unverified account cannot have keeps them, marked as such."""
    counted = user_model.objects.annotate(
        teams=Count("memberships"), team=Min("memberships__partner_id")
    )
    holders = counted.filter(Q(is_staff=True) | Q(is_superuser=True) | Q(teams__gt=1))
    keep = list(holders.values_list("pk", flat=True))
    user_model.objects.filter(pk__in=keep).update(verified_at=Now(), verified_by="upgrade")
    for pk, team in counted.filter(teams=1).exclude(pk__in=keep).values_list("pk", "team"):
        user_model.objects.filter(pk=pk).update(confined_to_id=team)


def fill(apps: Any, schema_editor: Any) -> None:
    user_model = apps.get_model("partners", "User")
    spell_users(user_model)
    spell_invitations(apps.get_model("partners", "Invitation"))
    verify_users(user_model)


class Migration(migrations.Migration):
    dependencies = [("partners", "0024_forgotten_users")]

    operations = [
        migrations.AddField(
            model_name="invitation",
            name="mailed",
            field=models.BooleanField(default=False, editable=False),
        ),
        migrations.AddField(
            model_name="user",
            name="confined_to",
            field=models.ForeignKey(
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="partners.partner",
            ),
        ),
        migrations.AddField(
            model_name="user",
            name="verified_at",
            field=models.DateTimeField(editable=False, null=True, verbose_name="address verified"),
        ),
        migrations.AddField(
            model_name="user",
            name="verified_by",
            field=models.CharField(
                blank=True,
                choices=[
                    ("mail", "a link sent to it"),
                    ("code", "a code from Phygitals"),
                    ("command", "a command"),
                    ("upgrade", "rights held before addresses were verified"),
                ],
                editable=False,
                max_length=7,
            ),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
