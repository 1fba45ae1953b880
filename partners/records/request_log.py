"""The request log: API calls of the last 30 days, for the partner's developers.

Logging costs a request no statement and no wait: ``note`` appends the call to a list of this
process, and a thread writes the list with one COPY a second. Calls that do not fit (the database is
unavailable, or there are too many) are dropped and counted: in the server's log and, when the
database works again, for the page. Bodies are masked and cut before they are written.
"""

from __future__ import annotations

import os
import re
import threading
import time
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from multiprocessing.util import Finalize
from typing import Any, NamedTuple
from urllib.parse import unquote_plus

import orjson
import structlog
from django.db import Error, close_old_connections, connection
from django.db.models import Sum
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from config.foundation import clock
from config.foundation.codes import HEADER
from config.web.middleware import API_ROOTS
from partners.models import ApiCall, ApiKey, Environment, LostCalls

log = structlog.get_logger(__name__)

KEPT_FOR = timedelta(days=30)
LONGEST = 8 * 1024  # bytes of a body
LONGEST_READ = 1024  # of the response to a GET: most of all bytes, and it can be requested again
LONGEST_PATH = 1000
LONGEST_ADDRESS = 9 * LONGEST_PATH  # of a path or query; percent-encoded twice, a character is nine
MOST = 5_000  # calls waiting to be written, in one process
MOST_BYTES = 32 * 1024 * 1024
EVERY = 1.0  # seconds between two writes
BATCH = 5_000  # calls deleted in one statement
DEEPEST = 64  # levels, as in an API call's body

MASK = "(masked)"
NOT_JSON = "(not JSON: not kept)"
# Names of fields with private data; ``suggested`` is an address. A card's own fields are public.
WORDS = (
    r"(?i:(?<!mint_)(?<!collection_)address|destination|suggested|line\d|postal_?code|phone|e-?mail"
    r"|secret|password|token\b|api_?key|idempotency)"
)
SECRET = re.compile(WORDS)
# The same words, searched in a whole body in a hundredth of the expression's time.
PUBLIC = (b"mint_address", b"collection_address", b"token_")
HINTS = (
    *(
        b"address",
        b"destination",
        b"suggested",
        b"postalcode",
        b"postal_code",
        b"phone",
        b"email",
        b"e-mail",
    ),
    *(b"secret", b"password", b"token", b"apikey", b"api_key", b"idempotency", b"\\u"),
)
LINE = re.compile(rb"line\d")
KEY = re.compile(r"\b(live|sandbox)-[0-9A-Za-z]{12}_[0-9A-Za-z]{1,43}")
COLUMNS = (
    "environment_id",
    "key_id",
    "method",
    "path",
    "status",
    "code",
    "microseconds",
    "request_id",
    "sent",
    "answered",
    "created_at",
)
# A deleted environment has no page. All processes use the same row order, to avoid deadlocks.
ADD_LOST = """
INSERT INTO partners_lostcalls AS known (environment_id, day, calls)
SELECT id, %s, lost.calls
  FROM unnest(%s::bigint[], %s::int[]) lost (environment, calls)
  JOIN partners_environment ON id = lost.environment
 ORDER BY id
    ON CONFLICT (environment_id, day) DO UPDATE SET calls = known.calls + excluded.calls
"""
COPY = f"COPY partners_apicall ({', '.join(COLUMNS)}) FROM STDIN"


class Call(NamedTuple):
    """A call that waits to be written: raw bodies, ``at`` in Unix seconds."""

    environment: int
    api_key_id: int
    method: str
    path: str
    query: str
    status: int
    code: str
    seconds: float
    request_id: str
    sent: bytes
    answered: bytes
    at: float


class Buffer:
    """Calls of this process that are not written yet. ``threaded``: a thread writes them."""

    def __init__(self, *, threaded: bool = True) -> None:
        self.threaded, self._started = threaded, False
        self._lock, self._writing = threading.Lock(), threading.Lock()
        self._calls: list[Call] = []
        self._bytes = 0
        self.dropped: Counter[int] = Counter()  # by environment, since the last writing
        self._unreported: Counter[int] = Counter()  # dropped, and not yet in the database

    def add(self, call: Call) -> None:
        """Add the call, or drop it if too many are waiting."""
        size = len(call.sent) + len(call.answered)
        with self._lock:
            if len(self._calls) >= MOST or self._bytes + size > MOST_BYTES:
                self.dropped[call.environment] += 1
                return
            self._calls.append(call)
            self._bytes += size
            first, self._started = self.threaded and not self._started, True
        if first:
            threading.Thread(target=self._run, name="request-log", daemon=True).start()
            Finalize(None, self.flush, exitpriority=1)  # also when a worker is stopped

    def flush(self) -> int:
        """Write the waiting calls; returns how many. Calls that cannot be written are dropped."""
        with self._writing:
            with self._lock:
                calls, self._calls, self._bytes = self._calls, [], 0
                dropped, self.dropped = self.dropped, Counter()
            try:
                if calls:
                    write(calls)
            except Exception as problem:
                log.exception("request_log_not_written", exc_info=problem)
                dropped.update(call.environment for call in calls)
                calls = []
            if dropped:
                log.warning("request_log_dropped", calls=dropped.total())
                self._unreported.update(dropped)
            self._store_dropped()
            return len(calls)

    def _store_dropped(self) -> None:
        """Store how many calls were dropped; on failure, try again next time."""
        if not self._unreported:
            return
        try:
            add_lost(self._unreported, clock.now().date())
            self._unreported.clear()
        except Error as problem:
            log.warning("request_log_not_told", exc_info=problem)

    def _run(self) -> None:
        while True:
            time.sleep(EVERY)
            close_old_connections()
            self.flush()


BUFFER = Buffer()


def _after_fork() -> None:
    """The parent writes its own calls; its thread and locks do not exist here."""
    global BUFFER  # noqa: PLW0603
    BUFFER = Buffer(threaded=BUFFER.threaded)


os.register_at_fork(after_in_child=_after_fork)


def note(
    response: HttpResponseBase, *, key: ApiKey, request: HttpRequest, received: bytes, began: float
) -> None:
    """Log a call that ``key`` made. ``began``: from ``time.perf_counter``."""
    BUFFER.add(
        Call(
            key.environment_id,
            key.pk,
            request.method or "",
            request.path_info,
            request.META.get("QUERY_STRING", ""),
            response.status_code,
            response.headers.get(HEADER, ""),
            time.perf_counter() - began,
            getattr(request, "request_id", ""),
            received,
            getattr(response, "content", b""),  # a streamed response has no content
            time.time(),
        )
    )


def write(calls: list[Call]) -> None:
    """All of them in one statement, on this thread's connection."""
    rows = [_row(call) for call in calls]
    with connection.cursor() as cursor, cursor.copy(COPY) as copy:
        for row in rows:
            copy.write_row(row)


def add_lost(dropped: Counter[int], day: date) -> None:
    """Add to the day's count of dropped calls, by environment."""
    with connection.cursor() as cursor:
        cursor.execute(ADD_LOST, [day, list(dropped), list(dropped.values())])


def lost(environment: Environment, *, now: datetime) -> int:
    """How many of an environment's calls are missing from its log. One query."""
    days = LostCalls.objects.filter(environment=environment, day__gte=(now - KEPT_FOR).date())
    total: int = days.aggregate(total=Sum("calls", default=0))["total"]
    return total


def _row(call: Call) -> tuple[Any, ...]:
    """The values of ``COLUMNS``."""
    base = next((root for root in reversed(API_ROOTS) if call.path.startswith(root)), "")
    pairs = _query(call.query)
    path = _unescaped(call.path[:LONGEST_ADDRESS].removeprefix(base)) + (
        f"?{pairs}" if pairs else ""
    )
    return (
        call.environment,
        call.api_key_id,
        call.method[:10],
        _text(path)[:LONGEST_PATH],
        call.status,
        call.code,
        int(call.seconds * 1_000_000),
        call.request_id,
        shown(call.sent, ours=False),
        shown(call.answered, ours=True, longest=LONGEST_READ if _was_read(call) else LONGEST),
        datetime.fromtimestamp(call.at, UTC),
    )


def _was_read(call: Call) -> bool:
    return call.method == "GET" and call.status == 200


def shown(raw: bytes, *, ours: bool, longest: int = LONGEST) -> str:
    """A body as the log shows it, at most ``longest`` bytes.

    ``ours``: our own response, so it is valid JSON and may be long. It is parsed only if the stored
    part contains a secret's name.
    """
    suspect = may_hold_secrets(raw[:longest])
    if raw and (suspect or not ours):
        try:
            read = orjson.loads(raw)
        except orjson.JSONDecodeError:
            return NOT_JSON
        raw = orjson.dumps(masked(read)) if suspect else raw
    return _text(raw[: longest + 64].decode(errors="ignore"))[:longest]


def may_hold_secrets(raw: bytes) -> bool:
    """Whether the body may contain a secret's name, escaped or not. False positives are fine."""
    low = raw.lower()
    for name in PUBLIC:
        low = low.replace(name, b"|")
    return any(hint in low for hint in HINTS) or bool(LINE.search(low))


def masked(value: Any, depth: int = DEEPEST) -> Any:
    """``value`` without the values of secret names."""
    if not isinstance(value, dict | list):
        return value
    if depth == 0:
        return MASK
    if isinstance(value, list):
        return [masked(one, depth - 1) for one in value]
    return {
        name: MASK if SECRET.search(name) and inner is not None else masked(inner, depth - 1)
        for name, inner in value.items()
    }


def _query(query: str) -> str:
    """A query without the values of secret names. Only the part that the log keeps is read."""
    shown: list[str] = []
    left = LONGEST_PATH
    for pair in query[:LONGEST_ADDRESS].split("&"):
        shown.append(_pair(pair))
        left -= len(shown[-1]) + 1
        if left < 0:
            break
    return "&".join(shown)


def _pair(pair: str) -> str:
    """A query parameter, without its value if its name, however encoded, is a secret's."""
    name, equals, _ = pair.partition("=")
    return f"{_text(name)}={MASK}" if equals and SECRET.search(_plain(name)) else _unescaped(pair)


def _unescaped(text: str) -> str:
    """The text as sent; decoded if it contains a key, so that ``_text`` finds it."""
    plain = _plain(text)
    return plain if KEY.search(plain) else text


def _plain(text: str) -> str:
    """The text without percent-encoding, also where it was encoded twice."""
    return unquote_plus(unquote_plus(text))


def _text(text: str) -> str:
    """The text without secrets of keys, and without NUL, which no column can hold."""
    if "live-" in text or "sandbox-" in text:
        text = KEY.sub(r"\1-" + MASK, text)
    return text.replace("\0", "\ufffd")


def forget_old(*, now: datetime | None = None) -> int:
    """Delete calls older than 30 days, in batches, and counts of lost calls; returns how many."""
    before, gone = (now or clock.now()) - KEPT_FOR, 0
    LostCalls.objects.filter(day__lt=before.date()).delete()
    while True:
        oldest = ApiCall.objects.order_by("pk").values("pk")[:BATCH]
        count = ApiCall.objects.filter(pk__in=oldest, created_at__lt=before).delete()[0]
        gone += count
        if count < BATCH:
            return gone
