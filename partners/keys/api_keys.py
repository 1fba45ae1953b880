"""API keys: created once, shown once, looked up on every call, revoked permanently.

A key reads ``<mode>-<key_id>_<secret>``: 12 visible characters and 43 secret ones (62^43 > 2^256).
Only the SHA-256 of the whole text is stored. A fast hash is right for a random secret, because it
cannot be guessed.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import string
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from django.db import DEFAULT_DB_ALIAS, Error, transaction
from django.db.models import Q
from django.utils.translation import gettext_noop

from config.foundation import clock
from config.foundation.codes import Code
from config.foundation.errors import Refusal
from config.foundation.names import clean_name
from config.foundation.reasons import clean_reason
from config.postgres.base import prepared_cursor
from config.postgres.trouble import sentence_of
from partners.keys.networks import allows, clean_networks
from partners.keys.scopes import clean_scopes
from partners.models import ApiKey, Environment, Partner
from partners.records import audit
from partners.records.actor import Actor

log = structlog.get_logger(__name__)

MOST_ACTIVE = 10  # per environment: enough for rotation with overlap, few enough to keep track of
TOUCH_EVERY = timedelta(minutes=1)
ALPHABET = string.digits + string.ascii_letters
# What every call needs of its key, environment and partner. Other columns are loaded when used.
KEY_COLUMNS = (
    "id",
    "environment_id",
    "name",
    "key_id",
    "digest",
    "scopes",
    "networks",
    "last_used_at",
    "expires_at",
    "revoked_at",
)
ENVIRONMENT_COLUMNS = ("id", "partner_id", "mode", "clock_offset", "calls_per_minute")
PARTNER_COLUMNS = ("id", "name", "slug", "status")
FIND = f"""
SELECT {", ".join(f"key.{column}" for column in KEY_COLUMNS)},
       {", ".join(f"environment.{column}" for column in ENVIRONMENT_COLUMNS)},
       {", ".join(f"partner.{column}" for column in PARTNER_COLUMNS)}
  FROM partners_apikey key
  JOIN partners_environment environment ON environment.id = key.environment_id
  JOIN partners_partner partner ON partner.id = environment.partner_id
 WHERE key.key_id = %s
"""  # noqa: S608  (the names are our own models')
KEY = re.compile(r"(live|sandbox)-([0-9A-Za-z]{12})_[0-9A-Za-z]{43}")


class TooManyKeys(Refusal):
    """The environment has the maximum number of active keys."""

    code = Code.TOO_MANY_KEYS
    sentence = gettext_noop("An environment has at most 10 active keys; revoke one first")


class KeyNotActive(Refusal):
    """The key is revoked or expired."""

    code = Code.KEY_NOT_ACTIVE
    sentence = gettext_noop("This key is revoked or expired; create a new one instead")


class KeyRotated(Refusal):
    """The key has a successor. Rotating it again would create a key that nobody has."""

    code = Code.KEY_ROTATED
    sentence = gettext_noop(
        "This key was already rotated, and its new key was shown once; rotate the new one instead"
    )


class ExpiryPassed(Refusal):
    """``expires_at`` is not in the future."""

    code = Code.EXPIRY_PASSED
    sentence = gettext_noop("The expiry of a key must be in the future")


def issue_key(
    *,
    environment: Environment,
    name: str,
    by: Actor,
    expires_at: datetime | None = None,
    scopes: Sequence[str] = (),
    networks: Sequence[str] = (),
    now: datetime | None = None,
) -> tuple[ApiKey, str]:
    """A new key and its full text, which is stored nowhere. Without ``scopes`` it has full access.

    Without ``networks`` it works from every address.

    The environment's row is locked while its keys are counted, so that two requests cannot both
    create the tenth. Raises BadName, UnknownScope, BadNetwork, ExpiryPassed, TooManyKeys.
    """
    name, scopes, networks = (
        clean_name(name, limit=100),
        clean_scopes(scopes),
        clean_networks(networks),
    )
    now = now or clock.now()
    if expires_at is not None and expires_at <= now:
        raise ExpiryPassed
    with transaction.atomic():
        locked = _lock(environment)
        if ApiKey.objects.active(now).filter(environment=locked).count() >= MOST_ACTIVE:
            raise TooManyKeys
        key_id, secret = _random(12), _random(43)
        text = f"{locked.mode}-{key_id}_{secret}"
        key = ApiKey.objects.create(
            environment=locked,
            name=name,
            key_id=key_id,
            digest=_digest(text),
            last_four=secret[-4:],
            scopes=scopes,
            networks=networks,
            created_by=str(by),
            expires_at=expires_at,
        )
        shown = {
            "name": name,
            "key": key.hint,
            "scopes": key.scopes,
            "networks": key.networks,
            "expires_at": clock.iso_or_none(expires_at),
        }
        audit.record(
            actor=by, action="api_key.issued", target=key, partner=locked.partner, after=shown
        )
    return key, text


def rotate_key(
    *, key: ApiKey, overlap: timedelta, by: Actor, now: datetime | None = None
) -> tuple[ApiKey, str]:
    """A new key like this one, and its text. The old key works for ``overlap`` longer.

    The new key expires when the old one would have. A key is rotated only once: afterwards its
    expiry is that of the overlap, and the original one is lost. Raises KeyRotated, KeyNotActive,
    TooManyKeys.
    """
    now = now or clock.now()
    with transaction.atomic():
        _lock(key.environment)
        old = ApiKey.objects.select_for_update(no_key=True).get(pk=key.pk)
        if old.replaced_by_id is not None:
            raise KeyRotated
        if not old.is_active(now):
            raise KeyNotActive
        lasts = now + (old.expires_at - old.created_at) if old.expires_at else None
        new, text = issue_key(
            environment=key.environment,
            name=old.name,
            by=by,
            scopes=old.scopes,
            networks=old.networks,
            expires_at=lasts,
            now=now,
        )
        before, ends = old.expires_at, now + overlap
        old.expires_at = min(before, ends) if before else ends
        old.replaced_by = new
        old.save(update_fields=["expires_at", "replaced_by"])
        audit.record(
            actor=by,
            action="api_key.rotated",
            target=old,
            partner=new.environment.partner,
            before={"name": old.name, "expires_at": clock.iso_or_none(before)},
            after={
                "name": old.name,
                "expires_at": clock.iso(old.expires_at),
                "replaced_by": new.key_id,
            },
        )
    return new, text


def revoke_key(*, key: ApiKey, by: Actor, now: datetime | None = None) -> ApiKey:
    """Revoke: the next call with the key answers 401. A second revocation keeps the first time."""
    with transaction.atomic():
        locked = (
            ApiKey.objects.select_related("environment__partner")
            .select_for_update(of=("self",), no_key=True)
            .get(pk=key.pk)
        )
        if locked.revoked_at is None:
            locked.revoked_at = now or clock.now()
            locked.save(update_fields=["revoked_at"])
            audit.record(
                actor=by,
                action="api_key.revoked",
                target=locked,
                partner=locked.environment.partner,
                before={"name": locked.name, "key": locked.hint, "revoked_at": None},
                after={
                    "name": locked.name,
                    "key": locked.hint,
                    "revoked_at": clock.iso(locked.revoked_at),
                },
            )
    return locked


def revoke_all(*, partner: Partner, reason: str, by: Actor, now: datetime | None = None) -> int:
    """Revoke every active key of a partner, live and sandbox; returns how many. Repeatable.

    Each key is audited, with the reason. Raises ReasonRequired.
    """
    reason, now = clean_reason(reason), now or clock.now()
    with transaction.atomic():
        for environment in partner.environments.order_by("pk"):
            _lock(environment)  # key creation waits for it
        keys = list(ApiKey.objects.active(now).filter(environment__partner=partner).order_by("pk"))
        for key in keys:
            revoke_key(key=key, by=by, now=now)
        audit.record(
            actor=by,
            action="partner.keys_revoked",
            target=partner,
            partner=partner,
            after={"keys": len(keys), "reason": reason},
        )
    return len(keys)


def limit_networks(*, key: ApiKey, networks: Sequence[str], by: Actor) -> ApiKey:
    """Set the addresses that the key may be used from, from the next call on. Empty: any.

    An unchanged list is neither written nor audited. Raises BadNetwork, KeyNotActive.
    """
    wanted = clean_networks(networks)
    with transaction.atomic():
        rows = ApiKey.objects.select_related("environment__partner")
        locked = rows.select_for_update(of=("self",), no_key=True).get(pk=key.pk)
        if not locked.is_active(clock.now()):
            raise KeyNotActive
        before, locked.networks = locked.networks, wanted
        if before != wanted:
            locked.save(update_fields=["networks"])
            audit.record(
                actor=by,
                action="api_key.networks_changed",
                target=locked,
                partner=locked.environment.partner,
                before={"name": locked.name, "networks": before},
                after={"name": locked.name, "networks": wanted},
            )
    return locked


def find(
    text: str, mode: str, now: datetime | None = None, *, address: str | None = None
) -> ApiKey | None:
    """The key with this text if it opens ``mode``, with its environment and partner.

    None for a key that is unknown, wrong, revoked, expired, of the other mode, of a suspended
    partner, or not allowed from the client's ``address`` (None: any). One query; no query for a
    text that cannot be a key of the mode.
    """
    found = KEY.fullmatch(text)
    if found is None or found[1] != mode:
        return None
    key = _load(found[2])
    if key is None or not hmac.compare_digest(bytes(key.digest), _digest(text)):
        return None
    if address is not None and not allows(key.networks, address):
        return None
    environment = key.environment
    if environment.mode != mode or environment.partner.status != Partner.Status.ACTIVE:
        return None
    return key if key.is_active(now or clock.now()) else None


def is_known(text: str) -> bool:
    """Whether a key with this text was created here, even if it no longer works."""
    return ApiKey.objects.filter(digest=_digest(text)).exists()


def _load(key_id: str) -> ApiKey | None:
    """The key with this visible part, its environment and partner; a prepared statement.

    It is hand-written because the ORM takes longer to build this query than PostgreSQL to run it,
    and every call needs it.
    """
    with prepared_cursor() as cursor:
        cursor.execute(FIND, [key_id])
        row = cursor.fetchone()
    if row is None:
        return None
    starts = (0, len(KEY_COLUMNS), len(KEY_COLUMNS) + len(ENVIRONMENT_COLUMNS))
    key = ApiKey.from_db(DEFAULT_DB_ALIAS, KEY_COLUMNS, row[: starts[1]])
    key.environment = Environment.from_db(
        DEFAULT_DB_ALIAS, ENVIRONMENT_COLUMNS, row[starts[1] : starts[2]]
    )
    key.environment.partner = Partner.from_db(DEFAULT_DB_ALIAS, PARTNER_COLUMNS, row[starts[2] :])
    return key


def touch(key: ApiKey, now: datetime) -> None:
    """Record that the key was used at ``now``, at most once a minute over all processes.

    If the database cannot be written, the call goes on: reads still work.
    """
    due = now - TOUCH_EVERY
    if key.last_used_at is not None and key.last_used_at > due:
        return
    stale = Q(last_used_at=None) | Q(last_used_at__lte=due)
    try:
        ApiKey.objects.filter(stale, pk=key.pk).update(last_used_at=now)
    except Error as error:
        problem = sentence_of(error)
        if problem is None:
            raise
        log.warning("key_use_not_written", key=key.key_id, problem=problem)
    key.last_used_at = now


def _lock(environment: Environment) -> Environment:
    """The environment's row, locked. Rows that refer to it can still be written."""
    rows = Environment.objects.select_related("partner").select_for_update(
        of=("self",), no_key=True
    )
    return rows.get(pk=environment.pk)


def _random(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
