"""Real processes on the test's own database: started in a group of their own, so that a kill leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import connection

ROOT = Path(__file__).resolve().parent.parent


def process_log() -> Path:
    """What the latest process of this test run has written."""
    return Path(settings.DATA_DIR) / f"process-{os.getpid()}.log"


@contextmanager
def process(*arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """``python -m <arguments>``, killed with all it started when the block ends."""
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.process_settings",
        "TEST_DATABASE": connection.settings_dict["NAME"],
        "DATA_DIR": str(settings.DATA_DIR.parent),  # tests.settings goes below it by itself
    }
    log = process_log()
    with log.open("wb") as output:
        started = subprocess.Popen(
            [sys.executable, "-m", *arguments],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            yield started
        except BaseException:
            sys.stderr.write(log.read_text(errors="replace")[-4000:])
            raise
        finally:
            kill(started)


def kill(started: subprocess.Popen[bytes]) -> None:
    """SIGKILL to the process and all it started; safe to repeat."""
    if started.poll() is None:
        os.killpg(started.pid, signal.SIGKILL)
    started.wait(timeout=30)


def until(condition: Callable[[], bool], *, seconds: float = 60) -> None:
    """Look again until the condition holds; another process is at work, so there is nothing to pass in."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
