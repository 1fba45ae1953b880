"""Rate limits: so many calls a minute for each environment, told in headers on every answer.

Each process keeps its own count at its share of the limit, so a limit costs no query and no other service can take the
API down with it. Calls without a valid key are counted by client address.
"""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass

from django.conf import settings

from config.errors import RateLimited

WINDOW = 60  # seconds
REMEMBERED = 100_000  # callers; a flood of addresses must not fill the memory


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a caller has left: ``reset`` is seconds until the full limit is back."""

    limit: int
    remaining: int
    reset: int

    def headers(self) -> dict[str, str]:
        """The answer's headers (contract, section 1)."""
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(max(0, self.remaining)),
            "X-RateLimit-Reset": str(self.reset),
        }


class Counter:
    """Calls by caller within windows of a minute."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._window = -1
        self._calls: dict[str, int] = {}

    def spend(self, caller: str, limit: int, now: float) -> Allowance:
        """Count one call at ``now`` (Unix seconds) and say what is left; ``remaining`` is -1 for a call too many."""
        window = int(now // WINDOW)
        with self._lock:
            if window != self._window or len(self._calls) > REMEMBERED:
                self._window, self._calls = window, {}
            used = self._calls[caller] = self._calls.get(caller, 0) + 1
        return Allowance(limit, max(limit - used, -1), math.ceil((window + 1) * WINDOW - now))


CALLS = Counter()


def spend(caller: str, now: float) -> Allowance:
    """Count one call of ``caller`` against this process's share of the limit."""
    share = max(1, settings.API_RATE_LIMIT // settings.WEB_WORKERS)
    return CALLS.spend(caller, share, now)


def refuse_if_spent(allowance: Allowance) -> None:
    """Raises RateLimited when the caller has nothing left."""
    if allowance.remaining < 0:
        raise RateLimited(allowance.reset)
