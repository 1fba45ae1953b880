"""A circuit breaker: after several timeouts or errors in a row, stop calling for a while.

It is our own because outcomes count, not exceptions: a treasury that declines is healthy, one that
does not respond is not. Each process has its own.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

MAX_FAILURES = 5
REST = 30.0  # seconds


class Breaker:
    """Open for 30 seconds after 5 failed calls in a row.

    Then calls are let through again: the first response closes it, the first failure reopens it for
    another 30 seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._lock, self._clock = threading.Lock(), clock
        self.failures, self._rests_until = 0, 0.0

    def is_open(self) -> bool:
        """Whether to refuse the call."""
        return self.failures >= MAX_FAILURES and self._clock() < self._rests_until

    def count(self, *, answered: bool) -> bool:
        """Count a call's outcome; returns whether the breaker is open afterwards."""
        with self._lock:
            self.failures = 0 if answered else self.failures + 1
            if self.failures >= MAX_FAILURES:
                self._rests_until = self._clock() + REST
            return self.failures >= MAX_FAILURES
