"""Idempotency keys: the same request twice has one effect and one answer (contract, section 9).

The answer is written in the transaction of the effect, so there is never an effect without its
answer or the reverse, whenever the process dies. While a first request runs, its transaction holds
an advisory lock named after the key.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, QuerySet

from config.foundation import clock
from config.foundation.codes import Code
from config.foundation.errors import Refusal
from config.postgres import statements
from partners.models import Environment, IdempotencyKey

KEPT_FOR = timedelta(hours=48)  # the contract promises at least 24
LONGEST = 255
AS_IT_IS = frozenset((str, int, bool, type(None)))  # values that are written in one way only
LEASE = timedelta(
    seconds=60
)  # how long a request may be at work before another may take its key over
# A key that comes for the first time, in one statement. It waits for its turn as ``_lock`` does.
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
    """The first request with this key has not been answered yet."""

    code = Code.IDEMPOTENCY_KEY_IN_PROGRESS
    sentence, status, retry_after = "A request with this Idempotency-Key is in progress", 409, 1


class Bound(Exception):
    """The key's first request has made something in several transactions: what became of
    ``subject`` is the answer.
    """

    def __init__(self, subject: UUID) -> None:
        super().__init__(str(subject))
        self.subject = subject


@dataclass(frozen=True, slots=True)
class Answer:
    """The response to a request: status, rendered body, and a refusal's code."""

    status: int
    body: bytes
    code: str = ""
    replayed: bool = False


def fingerprint(route: str, body: dict[str, Any]) -> bytes:
    """A request's identity: its route and its parsed values, so that white space, key order, and 1
    or 1.0 make no difference.
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


def once(
    *,
    environment: Environment,
    key: str,
    fingerprint: bytes,
    answer: Callable[[], Answer],
    wait: bool = False,
    now: datetime | None = None,
) -> Answer:
    """Answer a request that carries ``key``: the kept answer if there is one, else ``answer()``'s,
    kept in the same transaction.

    ``answer`` returns what is to be kept, and raises for what is not (then nothing is). ``wait``:
    wait for a first request that still runs instead of refusing. Raises InvalidKey, KeyReused,
    KeyInProgress, and Bound.
    """
    check(key)
    with transaction.atomic():
        row = _find(environment, key, fingerprint, wait=wait)
        if row is None:
            row = IdempotencyKey(environment=environment, key=key, fingerprint=fingerprint)
        elif row.subject is not None:
            raise Bound(row.subject)
        elif row.status is not None:
            return kept_answer(row)
        else:
            _refuse_at_work(row, now or clock.now())
        first = answer()
        row.status, row.body, row.code, row.lease_until = first.status, first.body, first.code, None
        row.save()
        return first


def kept_answer(row: IdempotencyKey) -> Answer:
    """The first answer, again. Raises KeyInProgress for a row that has none yet."""
    if row.status is None or row.body is None:
        raise KeyInProgress
    return Answer(row.status, bytes(row.body), row.code, replayed=True)


def begin(
    *,
    environment: Environment,
    key: str,
    fingerprint: bytes,
    now: datetime,
    lease: timedelta = LEASE,
) -> IdempotencyKey:
    """The row of a request whose effect takes several transactions, so that its answer cannot be
    written with it.

    The row is ours to work under (for ``lease``), or has its answer (``status`` is set), or names
    what the first request made (``subject``), whose outcome is the answer. Raises InvalidKey,
    KeyReused, and KeyInProgress while another may be at work.
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
    """The key's row, locked, or None; the key is ours until the transaction ends. Raises KeyReused,
    KeyInProgress.
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
    """Raises KeyInProgress while the request that began under the key may still be at work."""
    if row.lease_until is None or row.lease_until > now:
        raise KeyInProgress


def keep(row: IdempotencyKey, answer: Answer) -> None:
    """Remember the answer of a request that ``begin`` let through, unless it made something whose
    outcome is the answer.
    """
    IdempotencyKey.objects.filter(pk=row.pk, subject=None).update(
        status=answer.status, body=answer.body, code=answer.code, lease_until=None
    )


def forget(row: IdempotencyKey) -> None:
    """An answer that is not kept: the same key may try again, unless the request made something."""
    IdempotencyKey.objects.filter(pk=row.pk, subject=None, status=None).delete()


def check(key: str) -> None:
    """Raises InvalidKey for a key that is empty, longer than 255, or not printable ASCII."""
    if not 1 <= len(key) <= LONGEST or not (key.isascii() and key.isprintable()):
        raise InvalidKey


def _lock(environment: Environment, key: str, *, wait: bool) -> None:
    """Hold the key until the transaction ends. Raises KeyInProgress when another request does and
    we may not wait.
    """
    name = _name(environment, key)
    with connection.cursor() as cursor:
        if wait:
            cursor.execute("SELECT true FROM pg_advisory_xact_lock(%s)", [name])
        else:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [name])
        if not cursor.fetchone()[0]:
            raise KeyInProgress


def _name(environment: Environment, key: str) -> int:
    """The advisory lock's name."""
    digest = hashlib.sha256(f"{environment.pk}:{key}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


def forget_old(*, now: datetime | None = None) -> int:
    """Delete answers kept for more than 48 hours; returns how many. The keys that are bound to what
    their requests made stay: only who made it knows when it has ended (``forget_bound``).
    """
    old = IdempotencyKey.objects.filter(
        created_at__lt=(now or clock.now()) - KEPT_FOR, subject=None
    )
    return old.delete()[0]


def forget_bound(ended: QuerySet[Any], *, now: datetime | None = None) -> int:
    """Delete keys of more than 48 hours whose subject is among ``ended``; returns how many."""
    old = IdempotencyKey.objects.filter(created_at__lt=(now or clock.now()) - KEPT_FOR)
    return old.filter(Exists(ended.filter(pk=OuterRef("subject")))).delete()[0]
