"""The children of `manage.py up`: started on a leash, watched through their logs, stopped in order.

Each child leads a process group of its own, so that Ctrl-C in the terminal reaches `up` alone and the
children are stopped in order; and so that what a killed child leaves behind can be swept away with it.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

STOP_SECONDS = 12
KEPT_LOG_BYTES = 10_000_000
# What deserves a look: a warning or worse in either log format, or the first line of a traceback.
LOUD = re.compile(r"\[(warning|error|critical)\s*\]|\"level\": ?\"(warning|error|critical)\"|^Traceback", re.IGNORECASE)


class ChildDiedError(Exception):
    """A child ended by itself; the text names it and its log."""


@dataclass
class Child:
    """One running child and its log."""

    role: str
    log: Path
    process: subprocess.Popen[bytes]
    read_up_to: int = 0

    def loud_lines(self) -> list[str]:
        """New lines of the log that somebody should see."""
        with self.log.open("rb") as log:
            log.seek(self.read_up_to)
            new = log.read()
        whole = new[: new.rfind(b"\n") + 1]
        self.read_up_to += len(whole)
        return [line for line in whole.decode(errors="replace").splitlines() if LOUD.search(line)]

    def stop(self, sign: signal.Signals) -> None:
        """Tell the child alone (SIGTERM) or everything it started (SIGKILL)."""
        try:
            if sign is signal.SIGKILL:
                os.killpg(self.process.pid, sign)
            elif self.process.poll() is None:
                self.process.send_signal(sign)
        except ProcessLookupError:
            pass


@dataclass
class Children:
    """All children of one `up`. The leash is a pipe they all read and only `up` can end."""

    root: Path
    logs: Path
    running: list[Child] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.logs.mkdir(parents=True, exist_ok=True)
        self._leash, self._held = os.pipe()

    def start(self, role: str, *arguments: str) -> None:
        """Start one child in the background."""
        log = self.logs / f"{role}.log"
        if log.exists() and log.stat().st_size > KEPT_LOG_BYTES:
            log.replace(log.with_suffix(".log.1"))
        with log.open("ab") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "config.child", role, str(self._leash), *arguments],
                cwd=self.root,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                pass_fds=[self._leash],
                start_new_session=True,
            )
        self.running.append(Child(role, log, process, log.stat().st_size))

    def check(self) -> None:
        """Show what the logs have to say. Raises ChildDiedError when one of them has ended."""
        for child in self.running:
            for line in child.loud_lines():
                print(f"[{child.role}] {line}", file=sys.stderr, flush=True)
            status = child.process.poll()
            if status is not None:
                raise ChildDiedError(
                    f"The {child.role} process ended by itself (status {status}); its log is {child.log}."
                )

    def stop(self) -> None:
        """The clock first, so that nothing new is asked for; then everybody; then what did not listen."""
        for child in reversed(self.running):
            child.stop(signal.SIGTERM)
        until = time.monotonic() + STOP_SECONDS
        for child in self.running:
            try:
                child.process.wait(max(0.1, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                print(f"The {child.role} process did not stop in time and is killed.", file=sys.stderr)
            child.stop(signal.SIGKILL)
            child.process.wait()
        self.running.clear()
        os.close(self._held)
        os.close(self._leash)
