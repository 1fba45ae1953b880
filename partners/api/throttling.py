"""Rate limits per minute, for each environment and class of call. Every response has the headers.

With ``CACHE_URL`` the count is in Redis and shared by all processes: one round trip, at most 0.1
seconds. If Redis does not respond, no call is refused for that. For a few seconds each process then
counts by itself, up to its share of the limit, as it always does without ``CACHE_URL``. Counting
never costs a query. Calls without a valid key are counted by client address, which
``config/web/middleware.py`` determines behind proxies.
"""

from __future__ import annotations

import math
import threading
import time
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import structlog
from django.conf import settings

from config.foundation.errors import RateLimited

log = structlog.get_logger(__name__)

WINDOW = 60  # seconds
REMEMBERED = 100_000  # callers, so that a flood of addresses does not fill the memory
PATIENCE = 0.1  # seconds for Redis, to connect and to answer
PAUSE = 5  # seconds without Redis after it failed
COMPLAIN_EVERY = 60  # seconds between two log lines about it

Calls = Literal["read", "write", "quote"]
QUOTE: tuple[Calls, Calls] = ("write", "quote")  # what one quote counts as


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a caller has left. ``reset``: seconds until the full limit is back."""

    limit: int
    remaining: int
    reset: int

    def headers(self) -> dict[str, str]:
        """The response's headers (contract, section 1)."""
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(max(0, self.remaining)),
            "X-RateLimit-Reset": str(self.reset),
        }


class Counter:
    """Calls by caller in windows of a minute, in this process only."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._window = -1
        self._calls: dict[str, int] = {}

    def add(self, caller: str, window: int) -> int:
        """Count one call; returns how many the caller has made in the window."""
        with self._lock:
            if window != self._window or len(self._calls) > REMEMBERED:
                self._window, self._calls = window, {}
            used = self._calls[caller] = self._calls.get(caller, 0) + 1
        return used


class SharedCounter:
    """The same count in Redis, shared by all processes."""

    def __init__(self, url: str) -> None:
        from redis import Redis
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        self._redis: Any = Redis.from_url(
            url,
            socket_timeout=PATIENCE,
            socket_connect_timeout=PATIENCE,
            retry=Retry(NoBackoff(), 0),
            client_name="rate-limits",
        )
        self._asleep_until = self._quiet_until = -math.inf

    def add(self, caller: str, window: int) -> int | None:
        """Count one call, in one round trip; None when Redis does not answer."""
        from redis.exceptions import RedisError

        if time.monotonic() < self._asleep_until:
            return None
        name = f"calls:{window}:{caller}"
        try:
            both = self._redis.pipeline(transaction=True).incr(name).expire(name, 2 * WINDOW)
            return int(both.execute()[0])
        except (RedisError, OSError) as problem:
            self._lost(problem)
            return None

    def _lost(self, problem: Exception) -> None:
        now = time.monotonic()
        self._asleep_until = now + PAUSE
        if now >= self._quiet_until:
            self._quiet_until = now + COMPLAIN_EVERY
            log.warning("rate_limits_not_shared", problem=type(problem).__name__)


CALLS = Counter()
shared = cache(SharedCounter)


def limit_of(calls: Calls, own: int | None = None) -> int:
    """Calls a minute of one environment, over all processes; ``own`` is its own limit, if any.

    Shipping quotes cost more than other calls, so every environment has their lower limit.
    """
    if calls == "quote":
        return min(limit_of("write", own), settings.API_QUOTE_LIMIT)
    if own is not None:
        return own
    limit: int = (
        settings.API_WRITE_LIMIT
        if calls == "write" and settings.API_WRITE_LIMIT
        else settings.API_RATE_LIMIT
    )
    return limit


def spend(caller: str, calls: Calls, now: float, own: int | None = None) -> Allowance:
    """Count one call of ``caller`` at ``now`` (Unix seconds) and return what is left.

    ``remaining`` is -1 above the limit. ``own`` replaces the platform's limit. A quote also counts
    as a write, and the smaller remainder is returned.
    """
    if calls == "quote":
        both = [_spend(caller, one, now, own) for one in QUOTE]
        return min(both, key=lambda allowance: allowance.remaining)
    return _spend(caller, calls, now, own)


def _spend(caller: str, calls: Calls, now: float, own: int | None) -> Allowance:
    window, limit, caller = int(now // WINDOW), limit_of(calls, own), f"{calls}:{caller}"
    used = shared(settings.CACHE_URL).add(caller, window) if settings.CACHE_URL else None
    if used is None:
        limit = max(1, limit // settings.WEB_WORKERS)
        used = CALLS.add(caller, window)
    return Allowance(limit, max(limit - used, -1), math.ceil((window + 1) * WINDOW - now))


def refuse_if_spent(allowance: Allowance) -> None:
    """Raises RateLimited if the caller is over the limit."""
    if allowance.remaining < 0:
        raise RateLimited(allowance.reset)
