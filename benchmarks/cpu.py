"""CPU seconds of a server's processes and of PostgreSQL's, including those that have ended."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path

import psutil


def used_by(root: int) -> float:
    """CPU seconds of a process and all its descendants, user and system."""
    process = psutil.Process(root)
    total = 0.0
    for one in (process, *process.children(recursive=True)):
        try:
            times = one.cpu_times()
        except psutil.Error:
            continue  # ended meanwhile; its parent's times now include it
        total += times.user + times.system + times.children_user + times.children_system
    return total


def family(root: int) -> list[int]:
    """The ids of a process and all its descendants."""
    return [root, *(child.pid for child in psutil.Process(root).children(recursive=True))]


def exactly(pids: Iterable[int]) -> dict[int, float]:
    """CPU seconds of each process so far, to the microsecond; ended processes are left out.

    ``psutil`` has a resolution of 10 ms, as long as a whole call. Linux has a clock for each
    process, whose number follows from the process id (``clock_getcpuclockid``).
    """
    found = {}
    for pid in pids:
        try:
            found[pid] = time.clock_gettime(~pid << 3 | 2)
        except OSError:
            continue
    return found


def threads(pids: Iterable[int]) -> dict[tuple[int, int], float]:
    """CPU seconds of each thread so far, by process and thread; the main one has equal ids."""
    found = {}
    for pid in pids:
        for file in Path(f"/proc/{pid}/task").glob("*/schedstat"):
            try:
                found[pid, int(file.parent.name)] = int(file.read_text().split()[0]) / 1e9
            except OSError:  # it ended in between
                continue
    return found


def postmaster(data_dir: Path) -> int:
    """The process id of the embedded server."""
    return int((data_dir / "postgres" / "postmaster.pid").read_text().split("\n", 1)[0])
