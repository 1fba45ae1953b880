"""Real processes on the test's database, each in its own group, so that a kill leaves nothing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from django.conf import settings
from django.db import connection

ROOT = Path(__file__).resolve().parent.parent
NUMBERS = count(1)  # of the processes started here, for their logs


class Started(subprocess.Popen[bytes]):
    """A process and its log."""

    log: Path

    def said(self) -> str:
        """Its log so far."""
        return self.log.read_text(errors="replace")


@contextmanager
def process(*arguments: str, **further: object) -> Iterator[Started]:
    """``python -m <arguments>`` with ``further`` settings; its group is killed after the block."""
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.process_settings",
        "TEST_DATABASE": connection.settings_dict["NAME"],
        "TEST_SETTINGS": json.dumps(further),
        "DATA_DIR": str(settings.DATA_DIR.parent),  # tests.settings goes below it by itself
    }
    log = settings.DATA_DIR / f"process-{os.getpid()}-{next(NUMBERS)}.log"
    with log.open("wb") as output:
        started = Started(
            [sys.executable, "-m", *arguments],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        started.log = log
        try:
            yield started
        except BaseException:
            sys.stderr.write(started.said()[-4000:])
            raise
        finally:
            kill(started)


def kill(started: subprocess.Popen[bytes]) -> None:
    """SIGKILL the process and all it started. Repeatable."""
    if started.poll() is None:
        os.killpg(started.pid, signal.SIGKILL)
    started.wait(timeout=30)


def until(condition: Callable[[], bool], *, seconds: float = 60) -> None:
    """Poll until the condition holds, because another process is working."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
