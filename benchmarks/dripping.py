"""Calls beside 200 connections with unfinished requests, and the same calls without them.

Requests to every part of the server take turns: inventory, histories, a picture, dashboard, health
check. A call without a response within ``PATIENCE`` seconds counts as failed, with that time.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace

from benchmarks.contestants import Shipped
from benchmarks.drips import Dripped, Drips
from benchmarks.goals import Goal
from benchmarks.load import Load, Numbers, Report
from benchmarks.measures.sales import Supply
from benchmarks.world import ROOT

PATIENCE = 5.0  # seconds
READERS = 4  # connections that read
LEAST = 1_000  # responses for a p99
FASTEST = 2_000  # sellbacks a second that the supply of a run allows


@dataclass(frozen=True, slots=True)
class Beside:
    """Reads, then sellbacks, with or without unfinished requests beside them."""

    reads: Report
    sells: Report


def reading(server: Shipped, cookie: str) -> Load:
    """Requests to every part of the server."""
    users = server.database.world.shelf_users
    paths = [f"/api/v1/inventory/user-{number}" for number in range(users)]
    others = [
        "/api/v1/payouts",
        "/healthz",
        "/faces/back.svg",
        "/dashboard/live/statements/",
        "/api/v1/vm/recent-pulls",
    ]
    mixed = tuple(
        path
        for number, path in enumerate(paths * 5)
        for path in (path, others[number % len(others)])
    )
    return Load(
        server.port,
        server.database.key,
        0.0,
        READERS,
        Numbers(0, 1, 0, 0),
        mixed,
        cookie,
        patience=PATIENCE,
    )


def beside(server: Shipped, supply: Supply, cookie: str, *, seconds: float, least: int) -> Beside:
    """Half of the time for each."""
    reads = server.load(replace(reading(server, cookie), seconds=seconds / 2, least=least))
    numbers = supply.take(supply.most or round(FASTEST * seconds / 2))
    sells = Load(
        server.port,
        server.database.key,
        seconds / 2,
        server.connections,
        numbers,
        patience=PATIENCE,
    )
    return Beside(reads, server.load(sells))


@contextmanager
def dripping(
    server: Shipped, key: str, *, count: int, seconds: float
) -> Iterator[subprocess.Popen[str]]:
    """``count`` unfinished connections for ``seconds``, in a separate process."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.drips"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert process.stdin is not None  # noqa: S101  (a pipe was asked for)
    process.stdin.write(json.dumps(asdict(Drips(server.port, count, seconds, key))))
    process.stdin.close()
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def measure(
    server: Shipped,
    supply: Supply,
    *,
    cookie: str,
    key: str,
    count: int,
    seconds: float,
    least: int,
) -> tuple[Beside, Beside, Dripped]:
    """Without unfinished requests, then with them."""
    beside(server, supply, cookie, seconds=min(2.0, seconds), least=0)  # warm-up of every process
    quiet = beside(server, supply, cookie, seconds=seconds / 3, least=least)
    with dripping(server, key, count=count, seconds=seconds) as process:
        during = beside(server, supply, cookie, seconds=seconds * 0.9, least=least)
        assert process.stdout is not None  # noqa: S101  (a pipe was asked for)
        found = Dripped(**json.loads(process.stdout.read()))
    return quiet, during, found


def goals(quiet: Beside, during: Beside) -> list[Goal]:
    """The goals for unfinished requests."""
    rate = _rate(during.sells) / _rate(quiet.sells)
    return [
        Goal("calls that fail beside drips", during.reads.failed + during.sells.failed, "<=", 0),
        Goal("p99 of reads, drips / quiet", during.reads.p99 / quiet.reads.p99, "<=", 2.0),
        Goal("sellbacks a second, drips / quiet", rate, ">=", 0.8),
    ]


def table(quiet: Beside, during: Beside) -> list[tuple[str, ...]]:
    """One line for each run."""
    rows: list[tuple[str, ...]] = [
        ("run", "answers", "failed", "per second", "p50 ms", "p99 ms", "first failure")
    ]
    for name, report in (
        ("reads, quiet", quiet.reads),
        ("reads, drips", during.reads),
        ("sellbacks, quiet", quiet.sells),
        ("sellbacks, drips", during.sells),
    ):
        rows.append(line(name, report))
    return rows


def line(name: str, report: Report) -> tuple[str, ...]:
    """One line of the table."""
    figures = (f"{_rate(report):,.0f}", f"{report.p50 * 1000:.1f}", f"{report.p99 * 1000:.1f}")
    wrong = report.first_wrong.splitlines()[0][:40] if report.first_wrong else ""
    return (name, f"{report.done:,}", f"{report.failed:,}", *figures, wrong)


def _rate(report: Report) -> float:
    return report.done / report.seconds
