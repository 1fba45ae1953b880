"""A circuit breaker: after a few silences in a row, do not ask for a while.

Our own, and small, because what counts is not an exception but an outcome: a treasury that declines is well, one that
leaves us without an answer is not. Each process keeps its own.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

SILENCES = 5
REST = 30.0  # seconds


class Breaker:
    """Open after 5 silences in a row, for 30 seconds; then one call may try, and its answer decides."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._lock, self._clock = threading.Lock(), clock
        self._silences, self._closed_again = 0, 0.0

    def is_open(self) -> bool:
        """Whether to refuse. The first caller after the rest is let through, and the others wait for its answer."""
        with self._lock:
            if self._silences < SILENCES:
                return False
            if self._clock() < self._closed_again:
                return True
            self._closed_again = self._clock() + REST
            return False

    def count(self, *, answered: bool) -> None:
        """Remember how a call went."""
        with self._lock:
            self._silences = 0 if answered else self._silences + 1
            if self._silences == SILENCES:
                self._closed_again = self._clock() + REST
