"""Processor seconds of a server's processes and of PostgreSQL's, those that ended meanwhile included."""

from __future__ import annotations

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


def postmaster(data_dir: Path) -> int:
    """The process id of the embedded server."""
    return int((data_dir / "postgres" / "postmaster.pid").read_text().split("\n", 1)[0])
