"""Logins and API keys of the demo, generated and stored in `DATA_DIR/demo.json`."""

from __future__ import annotations

import json
import os
import secrets
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.utils import encrypt
from django.conf import settings
from django.db import transaction
from django.db.models import F

from buyback.demo.plan import PARTNERS
from config.foundation import clock
from inventory.models import Item
from partners.keys.api_keys import find, is_known, issue_key, revoke_key
from partners.models import ApiKey, Environment, Membership, Mode, Partner, Role, User
from partners.people.team import add_member
from partners.records.actor import SYSTEM

ADMIN = "admin@sellback.example"
KEY_NAME = "Demo server"
LASTS = timedelta(hours=1)  # the example item should still be sellable when someone tries it


def path() -> Path:
    """The file with the demo's secrets, readable by its owner only."""
    return Path(settings.DATA_DIR) / "demo.json"


def read() -> dict[str, Any] | None:
    """The file's content, if it exists and its keys are of this database.

    The keys need not work: a suspension or a revoked key is no reason for new secrets.
    """
    try:
        found: dict[str, Any] = json.loads(path().read_text())
        valid = (
            all(is_known(one["key"]) for one in found["api_keys"])
            and "totp_secret" in found["admin"]
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return found if valid else None


def write(demo: dict[str, Any]) -> None:
    """Replace the file atomically; others can never read it."""
    draft = path().with_suffix(".json.new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(demo, file, indent=2)
    draft.replace(path())


def grant() -> dict[str, Any]:
    """New passwords and keys for the demo's people and partners, replacing earlier ones."""
    with transaction.atomic():
        return {
            "logins": [_login(plan.slug, role) for plan in PARTNERS for role in reversed(Role)],
            "admin": _admin(),
            "api_keys": [_key(plan.slug, mode) for plan in PARTNERS for mode in Mode],
        }


def with_sellback(demo: dict[str, Any], now: datetime | None = None) -> dict[str, Any]:
    """The same with an item that can be sold now, preferably live and unlimited; else None."""
    moment = now or clock.now()
    for one in demo["api_keys"]:
        item = _sellable(one, moment)
        if item is not None:
            sale = {"mode": one["mode"], "key": one["key"], "item_id": item.public_id}
            return demo | {"sellback": sale}
    return demo | {"sellback": None}


def _sellable(key: dict[str, str], now: datetime) -> Item | None:
    opening = find(key["key"], key["mode"])
    if opening is None:
        return None
    lasting = Item.objects.of(opening.environment).sellable(now + LASTS)
    return lasting.order_by(F("expires_at").desc(nulls_first=True), "fmv", "pk").first()


def _login(slug: str, role: Role) -> dict[str, str]:
    partner = Partner.objects.get(slug=slug)
    email, password = f"{role}@{slug}.example", _password()
    if Membership.objects.filter(partner=partner, user__email=email).exists():
        _set_password(User.objects.get(email=email), password)
    else:
        add_member(
            partner=partner, email=email, role=role, by=SYSTEM, password=password, verified=True
        )
    return {"email": email, "password": password, "role": role.value, "partner": partner.name}


def _admin() -> dict[str, str]:
    password = _password()
    admin = User.objects.filter(email=ADMIN).first()
    if admin is None:
        admin = User.objects.create_superuser(ADMIN, password)
        # Two days old: it may confirm proposals immediately.
        born = admin.date_joined - timedelta(days=2)
        User.objects.filter(pk=admin.pk).update(date_joined=born, trusted_since=born)
    else:
        _set_password(admin, password)
    secret = totp.generate_totp_secret()
    Authenticator.objects.filter(user=admin).delete()
    Authenticator.objects.create(
        user=admin, type=Authenticator.Type.TOTP, data={"secret": encrypt(secret)}
    )
    return {"email": ADMIN, "password": password, "totp_secret": secret}


def code(demo: dict[str, Any]) -> str:
    """The current code of the admin's authenticator app: valid once, for half a minute."""
    counters = list(totp.yield_hotp_counters_from_time())
    counter = counters[len(counters) // 2]  # the current half minute
    return totp.format_hotp_value(totp.hotp_value(demo["admin"]["totp_secret"], counter))


def _set_password(user: User, password: str) -> None:
    user.set_password(password)
    user.save(update_fields=["password"])


def _key(slug: str, mode: Mode) -> dict[str, str]:
    environment = Environment.objects.of(slug, mode).get()
    for old in ApiKey.objects.filter(environment=environment, name=KEY_NAME, revoked_at=None):
        revoke_key(key=old, by=SYSTEM)
    _, text = issue_key(environment=environment, name=KEY_NAME, by=SYSTEM)
    return {"partner": environment.partner.name, "mode": mode.value, "key": text}


def _password() -> str:
    return secrets.token_urlsafe(12)
