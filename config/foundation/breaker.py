"""A circuit breaker: after a few silences in a row, do not ask for a while.

Our own, and small, because what counts is not an exception but an outcome: a treasury that declines
is well, one that leaves us without an answer is not. Each process keeps its own.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

SILENCES = 5
REST = 30.0  # seconds


class Breaker:
    """Open for 30 seconds after 5 silences in a row. Then calls are let through again: the first
    answer closes it, the first silence opens it for another 30 seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._lock, self._clock = threading.Lock(), clock
        self.silences, self._rests_until = 0, 0.0

    def is_open(self) -> bool:
        """Whether to refuse."""
        return self.silences >= SILENCES and self._clock() < self._rests_until

    def count(self, *, answered: bool) -> bool:
        """Remember how a call went; whether that leaves the breaker open."""
        with self._lock:
            self.silences = 0 if answered else self.silences + 1
            if self.silences >= SILENCES:
                self._rests_until = self._clock() + REST
            return self.silences >= SILENCES
