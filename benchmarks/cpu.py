"""Processor seconds of a server's processes and of PostgreSQL's, those that ended meanwhile
included.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path

import psutil


def used_by(root: int) -> float:
    """Processor seconds of a process and everything it started, user and system together."""
    process = psutil.Process(root)
    total = 0.0
    for one in (process, *process.children(recursive=True)):
        try:
            times = one.cpu_times()
        except psutil.Error:
            continue  # ended between the list and the look: its parent counts it from now on
        total += times.user + times.system + times.children_user + times.children_system
    return total


def family(root: int) -> list[int]:
    """The ids of a process and everything it started."""
    return [root, *(child.pid for child in psutil.Process(root).children(recursive=True))]


def exactly(pids: Iterable[int]) -> dict[int, float]:
    """Processor seconds of each process so far, to the microsecond; one that has ended is left out.

    What ``psutil`` reads counts in steps of 10 ms, as long as a whole call takes. Linux keeps a
    clock for each process, whose number follows from the process id (``clock_getcpuclockid``).
    """
    found = {}
    for pid in pids:
        try:
            found[pid] = time.clock_gettime(~pid << 3 | 2)
        except OSError:
            continue
    return found


def postmaster(data_dir: Path) -> int:
    """The process id of the embedded server."""
    return int((data_dir / "postgres" / "postmaster.pid").read_text().split("\n", 1)[0])
