"""One run of a periodic task at a time over all processes, for tasks that call peers.

An advisory lock does not work: a transaction's lock would keep a transaction open during calls, a
session's lock is lost behind a pooler. So the mark is in the cache and expires if its process is
killed. It only saves work: if the cache loses it, two runs overlap, and each of their steps is safe
in parallel.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.cache import cache


@contextmanager
def single_run(name: str, *, seconds: float) -> Iterator[bool]:
    """Whether no other run of ``name`` is active. ``seconds``: longer than a run takes."""
    key = f"alone:{name}"
    ours = cache.add(key, True, seconds)
    try:
        yield ours
    finally:
        if ours:
            cache.delete(key)
