"""The child processes of `manage.py up`: started, watched, replaced and stopped in order.

Each child leads its own process group. Ctrl-C in the terminal reaches only `up`, which then stops
the children in order. Processes left by a killed child are ended with its group.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

STOP_SECONDS = 40  # longer than DRAIN_SECONDS: a web process finishes its requests
KEPT_LOG_BYTES = 10_000_000
RESTARTS, WITHIN = 5, 60.0  # a role that ends this often within these seconds is given up
PAUSE = 0.5  # seconds before an ended process is replaced
# Log lines to show: a warning or worse in either format, or the first line of a traceback.
LOUD = re.compile(
    r"\[(warning|error|critical)\s*\]|\"level\": ?\"(warning|error|critical)\"|^Traceback",
    re.IGNORECASE,
)


class ChildDiedError(Exception):
    """A role cannot be kept running. The text names it and its log."""


@dataclass(frozen=True, slots=True)
class Command:
    """What a child runs: role, name of its log, inherited descriptors."""

    role: str
    name: str
    arguments: tuple[str, ...] = ()
    inherited: tuple[int, ...] = ()


@dataclass
class Child:
    """One running child and its log."""

    command: Command
    log: Path
    process: subprocess.Popen[bytes]
    read_up_to: int = 0
    again_at: float | None = None  # when it is restarted, once it has ended

    def loud_lines(self) -> list[str]:
        """New lines of the log that should be shown."""
        with self.log.open("rb") as log:
            log.seek(self.read_up_to)
            new = log.read()
        whole = new[: new.rfind(b"\n") + 1]
        self.read_up_to += len(whole)
        return [line for line in whole.decode(errors="replace").splitlines() if LOUD.search(line)]

    def stop(self, sign: signal.Signals) -> None:
        """Signal the child only (SIGTERM) or its whole group (SIGKILL)."""
        try:
            if sign is signal.SIGKILL:
                os.killpg(self.process.pid, sign)
            elif self.process.poll() is None:
                self.process.send_signal(sign)
        except ProcessLookupError:
            pass


def _for_us_and_our_group(path: str, flags: int) -> int:
    """Create a log that others cannot read: it has names and addresses."""
    return os.open(path, flags, 0o640)


@dataclass
class Children:
    """All children of one `up`. They read a pipe that only `up` can close."""

    root: Path
    logs: Path
    running: list[Child] = field(default_factory=list)
    clock: Callable[[], float] = time.monotonic

    def __post_init__(self) -> None:
        self.logs.mkdir(parents=True, exist_ok=True)
        self._pipe, self._held = os.pipe()
        self._ended: dict[str, deque[float]] = defaultdict(deque)

    def start(self, role: str, *arguments: str) -> None:
        """Start one child in the background."""
        self._start(Command(role, role, arguments))

    def start_web(self, listening: socket.socket, count: int) -> None:
        """Start ``count`` web processes that share one listening socket.

        `up` keeps the socket open: while one process is replaced, connections wait for the others.
        """
        number = listening.fileno()
        for place in range(count):
            self._start(Command("web", f"web-{place}", (f"fd:{number}",), (number,)))

    def check(self) -> None:
        """Show new log lines and restart ended children.

        Raises ChildDiedError when a role has ended five times within a minute.
        """
        for child in list(self.running):
            for line in child.loud_lines():
                print(f"[{child.command.name}] {line}", file=sys.stderr, flush=True)
            if child.process.poll() is None:
                continue
            if child.again_at is None:
                self._note_end(child)
            elif self.clock() >= child.again_at:
                self.running.remove(child)
                self._start(child.command)

    def stop(self) -> None:
        """Stop beat first, then the rest. Kill children that do not stop in time."""
        for child in reversed(self.running):
            child.stop(signal.SIGTERM)
        until = time.monotonic() + STOP_SECONDS
        for child in self.running:
            try:
                child.process.wait(max(0.1, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                print(
                    f"The {child.command.name} process did not stop in time and is killed.",
                    file=sys.stderr,
                )
            child.stop(signal.SIGKILL)
            child.process.wait()
        self.running.clear()
        os.close(self._held)
        os.close(self._pipe)

    def _start(self, command: Command) -> None:
        log = self.logs / f"{command.name}.log"
        if log.exists() and log.stat().st_size > KEPT_LOG_BYTES:
            log.replace(log.with_suffix(".log.1"))
        with open(log, "ab", opener=_for_us_and_our_group) as output:
            process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "config.local.child",
                    command.role,
                    str(self._pipe),
                    *command.arguments,
                ],
                cwd=self.root,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                pass_fds=[self._pipe, *command.inherited],
                start_new_session=True,
            )
        self.running.append(Child(command, log, process, log.stat().st_size))

    def _note_end(self, child: Child) -> None:
        """Schedule the restart of an ended child. Raises ChildDiedError."""
        child.stop(signal.SIGKILL)  # processes that it started
        command, now = child.command, self.clock()
        ended = self._ended[command.role]
        ended.append(now)
        while now - ended[0] > WITHIN:
            ended.popleft()
        status = child.process.returncode
        if len(ended) >= RESTARTS:
            raise ChildDiedError(
                f"The {command.role} process ended {RESTARTS} times within a minute (status "
                f"{status}); "
                f"its log is {child.log}."
            )
        print(
            f"The {command.name} process ended (status {status}) and is replaced.",
            file=sys.stderr,
            flush=True,
        )
        child.again_at = now + PAUSE
