"""Closing half of all windows: in batches, in one UPDATE, and the effect on sellbacks."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from benchmarks.contestants import Shipped
from benchmarks.load import Load, percentile, read_samples
from benchmarks.measures.sales import FASTEST, Supply
from benchmarks.world import Database

BURST = 4.0  # seconds; sellbacks run in bursts until the sweep is done
# The same writes as the batches in one statement: the rows, and one event for each.
RAW = """
WITH closed AS (
    UPDATE inventory_item SET expired_at = %(now)s
     WHERE environment_id = %(environment)s AND state = 'held' AND expired_at IS NULL
     AND expires_at < %(now)s
 RETURNING id, environment_id, public_id, collector_id, expires_at
)
INSERT INTO partners_event (environment_id, type, data, created_at)
SELECT closed.environment_id, 'item.expired',
       jsonb_build_object('item_id', closed.public_id, 'user_id', collector.user_id, 'expired_at',
       closed.expires_at),
       %(now)s
  FROM closed JOIN inventory_collector collector ON collector.id = closed.collector_id
"""


@dataclass(frozen=True, slots=True)
class Swept:
    """One sweep: ``items`` in ``seconds``."""

    items: int
    seconds: float


def _later() -> datetime:
    """A time when every window is closed. Sellbacks use the real clock and are not affected."""
    return datetime.now(UTC) + timedelta(days=40)


def raw(database: Database) -> Swept:
    """One UPDATE for everything."""
    with database.connect() as connection:
        begun = time.monotonic()
        done = connection.execute(
            RAW, {"now": _later(), "environment": database.environment}
        ).rowcount
        return Swept(done, time.monotonic() - begun)


def batches(database: Database) -> Swept:
    """The action as shipped."""
    from django.db import connection

    from inventory.windows.sweep import close_windows

    begun = time.monotonic()
    done = close_windows(now=_later())
    swept = Swept(done, time.monotonic() - begun)
    connection.close()
    return swept


@dataclass(frozen=True, slots=True)
class Disturbed:
    """p99 of sellbacks in seconds, before and during a sweep; medians of the bursts."""

    swept: Swept
    quiet: float
    during: float


def with_sales(server: Shipped, supply: Supply, *, seconds: float) -> Disturbed:
    """Sellbacks of items without a deadline, first alone, then during the batches."""
    burst = min(BURST, seconds)
    samples = server.folder / "samples"
    first = server.sell(supply.for_run(burst), burst)
    rate = min(FASTEST, round(first.done / first.seconds * 1.6) + 200)

    def sell() -> tuple[float, float]:
        """Start time and p99 of one burst."""
        begun = time.monotonic()
        load = Load(
            server.port, server.database.key, burst, server.connections, supply.for_run(burst, rate)
        )
        report = server.load(replace(load, samples=str(samples)))
        if report.first_wrong:
            raise RuntimeError(f"A sale during the sweep: {report.first_wrong}")
        return begun, percentile(_latencies(samples), 0.99)

    quiet = [sell()[1] for _ in range(3)]
    swept, during = _meanwhile(lambda: batches(supply.database), sell)
    return Disturbed(swept, median(quiet), median(during))


def _meanwhile(
    sweep: Callable[[], Swept], sell: Callable[[], tuple[float, float]]
) -> tuple[Swept, list[float]]:
    """Bursts that started while the sweep was running."""
    done: list[tuple[Swept, float]] = []
    thread = threading.Thread(target=lambda: done.append((sweep(), time.monotonic())))
    thread.start()
    bursts = [sell()]
    while thread.is_alive():
        bursts.append(sell())
    thread.join()
    if not done:
        raise RuntimeError("The sweep failed; its traceback is above.")
    swept, ended = done[0]
    return swept, [p99 for begun, p99 in bursts if begun < ended]


def _latencies(samples: Path) -> list[float]:
    return list(read_samples(samples)[1])
