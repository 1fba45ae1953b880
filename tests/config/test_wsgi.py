"""What the web server's door does before the first request, and around each one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

LOADED = """
import gc, sys
import config.wsgi
print("buyback.dashboard.overview" in sys.modules, gc.get_freeze_count() > 50_000)
"""
# The most page faults of a thousand calls from one place, however deep that is below the door.
FAULTS = """
import resource
from config import wsgi

def leaf():
    pass

def called(depth):
    if depth:
        return called(depth - 1)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(1000):
        leaf()
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

wsgi._django = lambda environ, start_response: called(environ["depth"])
print(max(wsgi.application({"depth": depth}, None) for depth in range(400)) < 500)
"""


def run(program: str) -> str:
    """What a process of its own prints: what is frozen stays so."""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_it_loads_every_page_and_keeps_all_of_it_from_the_collector() -> None:
    assert run(LOADED) == "True True"


def test_it_leaves_room_for_calls_at_any_depth() -> None:
    assert run(FAULTS) == "True"
