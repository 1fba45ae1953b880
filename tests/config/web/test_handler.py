"""Preparations of a web process before its first request, and around each one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]

LOADED = """
import gc, sys, django
django.setup()
from config.web.handler import Handler
Handler()
print("buyback.dashboard.overview" in sys.modules, gc.get_freeze_count() > 50_000)
"""
# The most page faults of a thousand calls, at any stack depth below the handler.
FAULTS = """
import resource, django
django.setup()
from config.web import handler

def leaf():
    pass

def called(depth):
    if depth:
        return called(depth - 1)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(1000):
        leaf()
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

def probe(depth):
    raise Stop(called(depth))

class Stop(Exception):
    pass

handler._environ = probe
bare = handler.Handler.__new__(handler.Handler)
bare._django, bare._served = None, iter(range(400))
found = []
for depth in range(400):
    try:
        bare(depth)
    except Stop as stop:
        found.append(stop.args[0])
print(len(found), max(found) < 500)
"""


def run(program: str) -> str:
    """The output of a separate process, because frozen objects stay frozen."""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_it_loads_every_page_and_keeps_all_of_it_from_the_collector() -> None:
    assert run(LOADED) == "True True"


def test_it_leaves_room_for_calls_at_any_depth() -> None:
    assert run(FAULTS) == "400 True"
