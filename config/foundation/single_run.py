"""One run of a periodic task at a time, over all processes, where a run asks the outside world
between its rows.

An advisory lock cannot say it: one of a transaction would keep a transaction open while somebody is
asked, one of a session is lost behind a pooler. So the run's mark stands in the cache, and fades by
itself if its process is killed. It only saves work: should the cache forget it, two runs are at it,
each of whose steps is safe in parallel.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.cache import cache


@contextmanager
def single_run(name: str, *, seconds: float) -> Iterator[bool]:
    """Whether no other run of ``name`` is at work meanwhile. ``seconds``: longer than a run
    takes.
    """
    key = f"alone:{name}"
    ours = cache.add(key, True, seconds)
    try:
        yield ours
    finally:
        if ours:
            cache.delete(key)
