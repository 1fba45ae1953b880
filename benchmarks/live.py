"""Step-by-step sellbacks with a slow oracle and treasury, and their effect on other calls.

The peers are separate processes (``benchmarks/peers/slow.py``), and their CPU time is reported
separately. Database connections are counted ten times a second during the sellbacks.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Self

from benchmarks import cpu
from benchmarks.contestants import PROCESSES, READY_SECONDS, Shipped, free_port
from benchmarks.dripping import PATIENCE, line
from benchmarks.goals import Goal
from benchmarks.load import Load, Numbers, Report
from benchmarks.measures.sales import Supply
from benchmarks.world import ROOT, Database

ORACLE, TREASURY, SLOW_TREASURY = 0.1, 0.3, 1.5  # seconds until a response
SELLERS = (64, 128)  # connections
SLOW_SELLERS, WAITING = (
    64,
    8,
)  # concurrent sellers while reads are measured: slow treasury, locked row
READERS = 2
LEAST = 1_000  # responses for a p99
FASTEST = 400  # sellbacks a second that the supply of a run allows
LEAST_RATE, MOST_CONNECTIONS = 100, 40
KEY = "the benchmark's key, of more than 32 characters"
IN_USE = """
SELECT count(*) FROM pg_stat_activity
 WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
"""


@dataclass
class Peers:
    """An oracle and a treasury on their own ports. Delays in seconds."""

    oracle: float
    treasury: float
    ports: tuple[int, int] = field(default_factory=lambda: (free_port(), free_port()))

    def start(self) -> None:
        """Start both."""
        kinds = (("oracle", self.oracle), ("treasury", self.treasury))
        self._processes = [
            subprocess.Popen(
                [sys.executable, "-m", "benchmarks.peers.slow", kind, str(port), str(seconds)],
                cwd=ROOT,
                env=os.environ | {"TREASURY_KEY": KEY},
            )
            for (kind, seconds), port in zip(kinds, self.ports, strict=True)
        ]
        until = time.monotonic() + READY_SECONDS
        for port in self.ports:
            while not _accepts(port):
                if time.monotonic() > until:
                    raise RuntimeError("a peer did not start")
                time.sleep(0.05)

    def stop(self) -> None:
        """Stop both."""
        for process in self._processes:
            process.terminate()
            process.wait(10)

    def settings(self) -> dict[str, str]:
        """The server's settings for these peers."""
        oracle, treasury = (f"http://127.0.0.1:{port}" for port in self.ports)
        return {"ORACLE_URL": oracle, "TREASURY_URL": treasury, "TREASURY_KEY": KEY}

    def cpu(self) -> float:
        """CPU seconds of both so far."""
        return sum(cpu.used_by(process.pid) for process in self._processes)


@dataclass(frozen=True, slots=True)
class Sold:
    """One run of sellbacks. CPU seconds of the whole run; ``connections``: the highest count."""

    report: Report
    connections: int
    server: float
    postgres: float
    peers: float


@dataclass(frozen=True, slots=True)
class Found:
    """All results: sellbacks by connections; reads alone, beside slow and waiting sellers."""

    sold: dict[int, Sold]
    quiet: Report
    slow: Report
    slow_quiet: Report
    locked: Report


class Watch:
    """Counts database connections within the block."""

    def __init__(self, database: Database) -> None:
        self._database, self._over, self.most = database, threading.Event(), 0
        self._thread = threading.Thread(target=self._count)

    def _count(self) -> None:
        with self._database.connect() as connection:
            while not self._over.wait(0.1):
                row = connection.execute(IN_USE).fetchone()
                self.most = max(self.most, int(row[0]) if row else 0)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()


def measure(
    server: Shipped, supply: Supply, sandbox: tuple[str, int], *, seconds: float, least: int
) -> Found:
    """Measure everything, with one server start for each treasury.

    ``sandbox``: a key and an item of its environment.
    """
    quiet, sold = _at_speed(server, supply, seconds=seconds, least=least)
    slow_quiet, slow, locked = _beside_waiting(
        server, supply, sandbox, seconds=seconds, least=least
    )
    return Found(sold, quiet, slow, slow_quiet, locked)


def _at_speed(
    server: Shipped, supply: Supply, *, seconds: float, least: int
) -> tuple[Report, dict[int, Sold]]:
    with _served(server, Peers(ORACLE, TREASURY)) as peers:
        _warm(server, supply)
        quiet = server.load(_reading(server, seconds / 2, least))
        return quiet, {count: _sold(server, supply, peers, count, seconds) for count in SELLERS}


def _beside_waiting(
    server: Shipped, supply: Supply, sandbox: tuple[str, int], *, seconds: float, least: int
) -> tuple[Report, Report, Report]:
    with _served(server, Peers(ORACLE, SLOW_TREASURY)):
        _warm(server, supply)
        quiet = server.load(_reading(server, seconds / 2, least))
        selling = _selling(server, supply, SLOW_SELLERS, 2 * seconds)
        with _running(server, selling):
            slow = server.load(_reading(server, seconds, least))
        time.sleep(SLOW_TREASURY + ORACLE)  # wait for the last responses
        key, number = sandbox
        same = Numbers(number, 1, 0, 10**9)
        waiting = Load(
            server.port, key, 2 * seconds, WAITING, same, patience=30.0, base="/_/api/v1"
        )
        with _locked(server.database, number), _running(server, waiting):
            locked = server.load(_reading(server, seconds, least))
    return quiet, slow, locked


@contextmanager
def _served(server: Shipped, peers: Peers) -> Iterator[Peers]:
    """Run the server with these peers."""
    peers.start()
    try:
        server.settings = peers.settings()
        server.start()
        try:
            yield peers
        finally:
            server.stop()
            server.settings = {}
    finally:
        peers.stop()


@contextmanager
def _running(server: Shipped, load: Load) -> Iterator[None]:
    """Run this load beside the block: started half a second before, stopped with it."""
    process = server.begin(load)
    try:
        time.sleep(0.5)
        yield
    finally:
        process.terminate()
        process.wait()


@contextmanager
def _locked(database: Database, number: int) -> Iterator[None]:
    """Lock the sandbox's item in another transaction."""
    with database.connect() as connection, connection.transaction():
        row = connection.execute(
            "SELECT id FROM inventory_item WHERE mode = 'sandbox' AND public_id = %s FOR UPDATE",
            [f"bench{number:09d}"],
        ).fetchone()
        if row is None:
            raise RuntimeError("the sandbox has no such item")
        yield


def _warm(server: Shipped, supply: Supply) -> None:
    """Make every process sell and read once."""
    server.load(_selling(server, supply, PROCESSES * 4, 2.0))
    server.load(_reading(server, 1.0, 0))


def _sold(server: Shipped, supply: Supply, peers: Peers, count: int, seconds: float) -> Sold:
    postgres = cpu.postmaster(server.folder)
    before = (server.server_cpu(), cpu.used_by(postgres), peers.cpu())
    with Watch(server.database) as watch:
        report = server.load(_selling(server, supply, count, seconds))
    after = (server.server_cpu(), cpu.used_by(postgres), peers.cpu())
    used = [late - early for early, late in zip(before, after, strict=True)]
    return Sold(report, watch.most, *used)


def _selling(server: Shipped, supply: Supply, count: int, seconds: float) -> Load:
    numbers = supply.take(supply.most or round(FASTEST * seconds) + count)
    return Load(server.port, server.database.key, seconds, count, numbers, patience=30.0)


def _reading(server: Shipped, seconds: float, least: int) -> Load:
    paths = tuple(
        f"/api/v1/inventory/user-{number}" for number in range(server.database.world.shelf_users)
    )
    known = Load(server.port, server.database.key, seconds, READERS, Numbers(0, 1, 0, 0), paths)
    return replace(known, least=least, patience=PATIENCE)


def _accepts(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def sandbox_item(database: Database) -> tuple[str, int]:
    """A key of the sandbox, and the number of an item that one of its users holds."""
    from django.db import connection

    from partners.keys.api_keys import issue_key
    from partners.models import Environment
    from partners.records.actor import SYSTEM

    live = Environment.objects.select_related("partner").get(pk=database.environment)
    sandbox = Environment.objects.get(partner=live.partner, mode="sandbox")
    _, key = issue_key(environment=sandbox, name="bench sandbox", by=SYSTEM)
    number = database.world.history
    with database.connect() as raw:
        for statement in ITEM:
            raw.execute(statement.encode(), {"sandbox": sandbox.pk, "number": number})
    connection.close()
    return key, number


# A sandbox user with a purchase of one card, which a live user also holds: the pools are separate.
ITEM = (
    (
        "INSERT INTO inventory_collector (environment_id, user_id, created_at) VALUES "
        "(%(sandbox)s, "
        "'user-0', now())"
    ),
    """
    INSERT INTO inventory_purchase (id, environment_id, collector_id, pack_id, amount, mint_price,
    voucher, public_id,
                                    tx_hash, state, created_at, fulfilled_at)
    SELECT bench.as_uuid(6, %(number)s), %(sandbox)s, collector.id, 1, 1, 25, false, '_bench00',
    'sandbox_bench',
           'fulfilled', now(), now()
      FROM inventory_collector collector WHERE collector.environment_id = %(sandbox)s
    """,
    """
    INSERT INTO inventory_item (environment_id, mode, public_id, card_id, collector_id, pack_id,
    purchase_id, state,
                                fmv, buyback_percent, buyback_price, purchased_at, expires_at)
    SELECT %(sandbox)s, 'sandbox', bench.item_name(%(number)s), %(number)s + 1,
    purchase.collector_id, 1, purchase.id,
           'held', 10, 0.85, 8.5, now(), now() + interval '7 days'
      FROM inventory_purchase purchase WHERE purchase.environment_id = %(sandbox)s
    """,
)


def goals(found: Found) -> list[Goal]:
    """The goals for the live path and isolation."""
    most = max(one.connections for one in found.sold.values())
    at = max(found.sold)
    return [
        Goal(
            f"sellbacks a second in steps, {at} connections",
            _rate(found.sold[at].report),
            ">=",
            LEAST_RATE,
        ),
        Goal(
            "sellbacks in steps that fail",
            sum(one.report.failed for one in found.sold.values()),
            "<=",
            0,
        ),
        Goal("database connections at most", most, "<=", MOST_CONNECTIONS),
        Goal(
            "p99 of reads, slow treasury / quiet", found.slow.p99 / found.slow_quiet.p99, "<=", 2.0
        ),
        Goal(
            "p99 of reads, locked sandbox row / quiet",
            found.locked.p99 / found.slow_quiet.p99,
            "<=",
            2.0,
        ),
        Goal("reads that fail", found.slow.failed + found.locked.failed, "<=", 0),
    ]


def table(found: Found) -> list[tuple[str, ...]]:
    """One line for each run."""
    head = ("run", "answers", "failed", "per second", "p50 ms", "p99 ms", "first failure")
    more = ("connections", "server µs", "PostgreSQL µs", "peers µs", "peers, of a core")
    reads = {
        "reads, quiet": found.quiet,
        "reads, quiet, treasury 1.5 s": found.slow_quiet,
        f"reads, {SLOW_SELLERS} sellers, treasury 1.5 s": found.slow,
        f"reads, {WAITING} sellers at a locked sandbox row": found.locked,
    }
    sells = [
        (*line(f"sellbacks, {count} connections", one.report), *_costs(one))
        for count, one in found.sold.items()
    ]
    return [
        (*head, *more),
        *sells,
        *((*line(name, report), *[""] * len(more)) for name, report in reads.items()),
    ]


def _costs(one: Sold) -> tuple[str, ...]:
    done = max(1, one.report.done)
    each = (f"{used / done * 1e6:,.0f}" for used in (one.server, one.postgres, one.peers))
    return (str(one.connections), *each, f"{one.peers / one.report.seconds:.0%}")


def _rate(report: Report) -> float:
    return report.done / report.seconds
