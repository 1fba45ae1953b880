"""Idempotency keys: a repeated request has one effect and one response (contract, section 9).

Every door acts within ``turn``. The response is written in the transaction of the effect, so
neither exists without the other, even if the process dies. While the first request runs, its
transaction holds an advisory lock named after the key. An effect that takes several transactions
takes the key first and binds what it creates to the key.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, QuerySet

from config.foundation import clock
from config.foundation.codes import Code
from config.foundation.errors import Refusal
from config.postgres import statements
from partners.models import Environment, IdempotencyKey

KEPT_FOR = timedelta(hours=48)  # the contract promises at least 24
LONGEST = 255
AS_IT_IS = frozenset((str, int, bool, type(None)))  # values with only one JSON form
LEASE = timedelta(seconds=60)  # how long a request may run before another may take over its key
# A new key, in one statement. It waits for the lock as ``_lock`` does.
TAKE = """
WITH turn AS MATERIALIZED (SELECT pg_advisory_xact_lock(%(name)s))
INSERT INTO partners_idempotencykey (environment_id, key, fingerprint, lease_until)
SELECT %(environment)s, %(key)s, %(fingerprint)s, %(lease_until)s
  FROM turn
    ON CONFLICT (environment_id, key) DO NOTHING
RETURNING id
"""


class InvalidKey(Refusal):
    """An Idempotency-Key that is empty, longer than 255, or not printable ASCII."""

    code = Code.INVALID_IDEMPOTENCY_KEY
    sentence = "Invalid Idempotency-Key"


class KeyReused(Refusal):
    """The key was used before, on another route or with another body."""

    code = Code.IDEMPOTENCY_KEY_REUSED
    sentence, status = "Idempotency-Key was used with a different request", 422


class KeyInProgress(Refusal):
    """The first request with this key is still running."""

    code = Code.IDEMPOTENCY_KEY_IN_PROGRESS
    sentence, status, retry_after = "A request with this Idempotency-Key is in progress", 409, 1


class StoredRefusal(Refusal):
    """The stored refusal of the key's first request."""

    replayed = True

    def __init__(self, row: IdempotencyKey) -> None:
        self.code = Code(row.code or Code.REFUSED)
        self.status, self.rendered = row.status or 400, bytes(row.body or b"{}")
        super().__init__(orjson.loads(self.rendered).get("error"))

    @property
    def body(self) -> bytes:
        return self.rendered


def _never(_: Environment) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Policy:
    """How requests of one kind use a key.

    ``steps``: whether the effect takes several transactions in an environment. Otherwise effect and
    response are written in one. ``lease``: how long a request in steps may be at work before
    another may take its key over. ``waits``: whether a request in one transaction waits for the
    first with its key, instead of being refused. ``undoes``: a refusal takes back what was written
    before it; otherwise that is meant to stay. ``atomic``: without a key as well, the effect is
    taken back if the response cannot be written.
    """

    steps: Callable[[Environment], bool] = _never
    lease: Callable[[], timedelta] = lambda: LEASE
    waits: Callable[[Environment], bool] = _never
    undoes: bool = True
    atomic: bool = False


@dataclass(slots=True)
class Turn:
    """A request's turn, under its key or without one.

    ``row`` is the key's row, to bind what is made in steps. ``subject`` is what was made under it;
    set at the start, its outcome is the response. ``stored``: the first response is in ``body``,
    and nothing is to be done. Otherwise ``body`` is what the door responds with. ``final``: whether
    a response in steps is stored. ``environment``: where it is stored, if not where it began.
    """

    row: int | None = None
    subject: UUID | None = None
    body: bytes = b""
    stored: bool = False
    replayed: bool = False
    final: bool = True
    environment: Environment | None = None


def fingerprint(route: str, body: dict[str, Any]) -> bytes:
    """A request's identity: its route and its parsed values.

    White space, key order, and 1 or 1.0 make no difference.
    """
    canonical = json.dumps([route, _plain(body)], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).digest()


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: inner if type(inner) in AS_IT_IS else _plain(inner) for key, inner in value.items()
        }
    if isinstance(value, list):
        return [inner if type(inner) in AS_IT_IS else _plain(inner) for inner in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def turn(
    *,
    environment: Environment,
    key: str | None,
    fingerprint: bytes,
    policy: Policy,
    now: datetime | None = None,
) -> AbstractContextManager[Turn]:
    """The context in which a request acts. Its effect happens once for each key.

    On exit the response is stored: the ``body`` that the caller has set, or the refusal that it has
    raised, if such refusals are stored. Any other exit releases the key for another try. A stored
    refusal is raised on entry. Without a key nothing is stored. Raises InvalidKey, KeyReused,
    KeyInProgress and StoredRefusal.
    """
    if key is None:
        return _without_key(policy)
    check(key)
    act = _in_steps if policy.steps(environment) else _at_once
    return act(environment, key, fingerprint, policy, now or clock.now())


@contextmanager
def _without_key(policy: Policy) -> Iterator[Turn]:
    with transaction.atomic() if policy.atomic else nullcontext():
        yield Turn()


@contextmanager
def _at_once(
    environment: Environment, key: str, fingerprint: bytes, policy: Policy, now: datetime
) -> Iterator[Turn]:
    """Effect and response in one transaction, so there is never one without the other."""
    refused: Refusal | None = None
    with transaction.atomic():
        row = _find(environment, key, fingerprint, wait=policy.waits(environment))
        if row is None:
            row = IdempotencyKey(environment=environment, key=key, fingerprint=fingerprint)
        earlier = _is_answered(row)
        if not earlier:
            if row.pk is not None:
                _refuse_at_work(row, now)
            ours = Turn()
            try:
                with transaction.atomic() if policy.undoes else nullcontext():
                    yield ours
            except Refusal as refusal:
                if not refusal.kept:
                    raise
                refused = refusal
            row.environment = ours.environment or environment
            row.status, row.body, row.code = _response(ours, refused)
            row.lease_until = None
            row.save()
    if earlier:
        with _again(row) as ours:
            yield ours
    if refused is not None:
        raise refused


@contextmanager
def _in_steps(
    environment: Environment, key: str, fingerprint: bytes, policy: Policy, now: datetime
) -> Iterator[Turn]:
    """The key is taken first and the response stored last, with no transaction open meanwhile.

    What is bound to the key meanwhile is its response, whatever happens to this request.
    """
    lease = policy.lease()
    row = begin(environment=environment, key=key, fingerprint=fingerprint, now=now, lease=lease)
    if _is_answered(row):
        with _again(row) as ours:
            yield ours
        return
    ours = Turn(row=row.pk)
    try:
        yield ours
    except Exception as error:
        if isinstance(error, Refusal) and error.kept:
            keep(row, ours, error)
        else:
            forget(row)
        raise
    if ours.subject is not None:
        return
    if ours.final:
        keep(row, ours, None)
    else:
        forget(row)


@contextmanager
def _again(row: IdempotencyKey) -> Iterator[Turn]:
    """The turn of a request whose key has been used. Raises StoredRefusal."""
    if row.status is not None and row.status >= 400:
        raise StoredRefusal(row)
    if row.subject is None:
        yield Turn(body=bytes(row.body or b""), stored=True, replayed=True)
        return
    try:
        yield Turn(subject=row.subject, replayed=True)
    except Refusal as refusal:
        refusal.replayed = refusal.kept
        raise


def _is_answered(row: IdempotencyKey) -> bool:
    return row.status is not None or row.subject is not None


def _response(ours: Turn, refusal: Refusal | None) -> tuple[int, bytes, str]:
    """Status, body and code, as a key's row stores them."""
    if refusal is None:
        return 200, ours.body, ""
    return refusal.status, orjson.dumps(refusal.body), refusal.code


def begin(
    *,
    environment: Environment,
    key: str,
    fingerprint: bytes,
    now: datetime,
    lease: timedelta = LEASE,
) -> IdempotencyKey:
    """The row of a request whose effect takes several transactions.

    The row is leased to us (for ``lease``), or has its response (``status`` is set), or names what
    the first request created (``subject``), whose outcome is the response. Raises InvalidKey,
    KeyReused, and KeyInProgress while another request may be running.
    """
    check(key)
    new = IdempotencyKey(environment=environment, key=key, fingerprint=fingerprint)
    new.lease_until = now + lease
    taken = statements.run_durably(
        TAKE,
        {
            "name": _name(environment, key),
            "environment": environment.pk,
            "key": key,
            "fingerprint": fingerprint,
            "lease_until": new.lease_until,
        },
    )
    if taken is not None:
        new.pk = taken[0]
        return new
    with transaction.atomic(durable=True):
        row = _find(environment, key, fingerprint, wait=True)
        if row is None:
            row = new
        elif row.subject is not None or row.status is not None:
            return row
        else:
            _refuse_at_work(row, now)
        row.lease_until = now + lease
        row.save()
    return row


def _find(
    environment: Environment, key: str, fingerprint: bytes, *, wait: bool
) -> IdempotencyKey | None:
    """The key's row or None, with the key locked until the transaction ends.

    Raises KeyReused, KeyInProgress.
    """
    _lock(environment, key, wait=wait)
    row = (
        IdempotencyKey.objects.select_for_update(no_key=True)
        .filter(environment=environment, key=key)
        .first()
    )
    if row is not None and bytes(row.fingerprint) != fingerprint:
        raise KeyReused
    return row


def _refuse_at_work(row: IdempotencyKey, now: datetime) -> None:
    """Raises KeyInProgress while the request that took the key may still be running."""
    if row.lease_until is None or row.lease_until > now:
        raise KeyInProgress


def keep(row: IdempotencyKey, ours: Turn, refusal: Refusal | None) -> None:
    """Store the response of a request that ``begin`` admitted, unless it has a subject."""
    status, body, code = _response(ours, refusal)
    IdempotencyKey.objects.filter(pk=row.pk, subject=None).update(
        status=status, body=body, code=code, lease_until=None
    )


def forget(row: IdempotencyKey) -> None:
    """Release the key for another try, unless the request created something.

    Only while the lease is this request's: after it, another may be at work under the key.
    """
    ours = IdempotencyKey.objects.filter(pk=row.pk, lease_until=row.lease_until)
    ours.filter(subject=None, status=None).delete()


def check(key: str) -> None:
    """Raises InvalidKey for a key that is empty, longer than 255, or not printable ASCII."""
    if not 1 <= len(key) <= LONGEST or not (key.isascii() and key.isprintable()):
        raise InvalidKey


def _lock(environment: Environment, key: str, *, wait: bool) -> None:
    """Lock the key until the transaction ends. Raises KeyInProgress if taken and not ``wait``."""
    name = _name(environment, key)
    with connection.cursor() as cursor:
        if wait:
            cursor.execute("SELECT true FROM pg_advisory_xact_lock(%s)", [name])
        else:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [name])
        if not cursor.fetchone()[0]:
            raise KeyInProgress


def _name(environment: Environment, key: str) -> int:
    """The number of the advisory lock."""
    digest = hashlib.sha256(f"{environment.pk}:{key}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


def forget_old(*, now: datetime | None = None) -> int:
    """Delete responses stored for more than 48 hours; returns how many.

    Keys with a subject stay, because only its module knows when it has ended (``forget_bound``).
    """
    old = IdempotencyKey.objects.filter(
        created_at__lt=(now or clock.now()) - KEPT_FOR, subject=None
    )
    return old.delete()[0]


def forget_bound(ended: QuerySet[Any], *, now: datetime | None = None) -> int:
    """Delete keys older than 48 hours whose subject is in ``ended``; returns how many."""
    old = IdempotencyKey.objects.filter(created_at__lt=(now or clock.now()) - KEPT_FOR)
    return old.filter(Exists(ended.filter(pk=OuterRef("subject")))).delete()[0]
