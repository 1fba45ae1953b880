"""The cost of a call: CPU time of the server and of PostgreSQL for every hostile input.

Calls run one at a time, so the CPU time used between request and response is the call's cost. The
request log writes the calls of a second together in a separate thread. Samples in which it worked
are left out, and its work for the call is measured in this process and added. A call that is slow
in the first pass is repeated for its p99.
"""

from __future__ import annotations

import gc
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from benchmarks import cpu
from benchmarks.contestants import Shipped
from benchmarks.goals import Goal
from benchmarks.hostile.inputs import Probe
from benchmarks.load import Connection, percentile

WARM = 3, 16  # calls before each pass, so that processes and connections have what they need
LOOKS, CALLS = 5, 100  # calls of the first pass, and of the second for calls near their bound
SUSPECT, CLEAR = 0.8, 3.0  # shares of the bound between which a probe gets a second pass
SECONDS = 300  # of all second passes; those nearest to their bounds come first
PATIENCE = 30.0  # seconds for a response
WORKED = 0.0005  # seconds: a thread that used less was only woken
BACKENDS = """
SELECT pid, query LIKE 'COPY partners_apicall%' FROM pg_stat_activity
 WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU seconds of one probe: ``p99`` of ``calls`` calls, including the request log's part."""

    name: str
    status: str
    p99: float
    most: float
    calls: int
    logged: float = 0.0


class Reading(NamedTuple):
    """CPU seconds: of all processes, of the request log's connections, of the server's threads."""

    total: float
    log: float
    threads: dict[tuple[int, int], float]

    def only_served(self, before: Reading) -> bool:
        """Whether nothing but one call was worked on: by one thread, besides the event loops."""
        at_work = [
            thread
            for thread, seconds in self.threads.items()
            if thread[0] != thread[1] and seconds - before.threads.get(thread, 0.0) > WORKED
        ]
        return self.log == before.log and len(at_work) <= 1


class Meter:
    """Reads the CPU clocks of the server's processes and of their database processes."""

    def __init__(self, server: Shipped) -> None:
        self._server, self._database = server, server.database.connect()
        self.refresh()

    def refresh(self) -> None:
        """Find the processes again."""
        rows = self._database.execute(BACKENDS).fetchall()
        self._log = {pid for pid, copies in rows if copies}
        self._pids = [*self._server.processes(), *(pid for pid, _ in rows)]

    def read(self) -> Reading:
        """CPU seconds so far."""
        found = cpu.exactly(self._pids)
        log = sum(found.get(pid, 0.0) for pid in self._log)
        return Reading(sum(found.values()), log, cpu.threads(self._server.processes()))

    def close(self) -> None:
        """Release the connection."""
        self._database.close()


def measure(server: Shipped, probes: Sequence[Probe], *, quick: bool) -> list[Cost]:
    """The cost of each probe."""
    meter = Meter(server)
    gc.freeze()  # this process measures the request log's part, without garbage collection
    try:
        looks = 2 if quick else LOOKS
        found = {probe.name: _cost(server, meter, probe, WARM[0], looks) for probe in probes}
        suspects = [
            probe for probe in probes if SUSPECT < found[probe.name].p99 / probe.most < CLEAR
        ]
        until = time.monotonic() + (0 if quick else SECONDS)
        for probe in sorted(suspects, key=lambda one: abs(found[one.name].p99 / one.most - 1)):
            if time.monotonic() < until:
                found[probe.name] = _cost(server, meter, probe, WARM[1], CALLS)
    finally:
        meter.close()
    return [*found.values()]


def _cost(server: Shipped, meter: Meter, probe: Probe, warm: int, calls: int) -> Cost:
    request, spent, answer = probe.request(server.port), [], b""
    for _ in range(warm):
        answer = _ask(server.port, request)
    meter.refresh()
    until = time.monotonic() + PATIENCE
    for _ in range(calls):
        while time.monotonic() < until:
            before = meter.read()
            answer = _ask(server.port, request)
            after = meter.read()
            if after.only_served(before):
                spent.append(after.total - before.total)
                break
    logged = _logged(probe, answer) if probe.key else 0.0
    status = answer[9:12].decode(errors="replace")
    return Cost(
        probe.name, status, percentile(spent, 0.99) + logged, probe.most, len(spent), logged
    )


def _ask(port: int, request: bytes) -> bytes:
    """One call on its own connection; returns the response. The server may close early."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as wire:
        connection = Connection(wire)
        try:
            connection.send(request)
        except (BrokenPipeError, ConnectionResetError):
            connection.answer = connection.answer or b""
        try:
            while not connection.receive():
                pass
        except ConnectionError:
            return connection.answer or b"HTTP/1.1 000 closed"
        return connection.answer


def _logged(probe: Probe, answer: bytes) -> float:
    """CPU seconds for the request log to build the row of this call."""
    from partners.records import request_log

    path, _, query = probe.path.partition("?")
    call = request_log.Call(
        1, 1, probe.method, path, query, int(answer[9:12]), "", 0.0, "", probe.body[: 64 * 1024],
        answer.partition(b"\r\n\r\n")[2], time.time(),
    )  # fmt: skip
    began = time.process_time()
    request_log._row(call)  # noqa: SLF001  (what its thread does with the call)
    return time.process_time() - began


def goals(costs: Sequence[Cost]) -> list[Goal]:
    """The goal: no call above its bound; and the call nearest to it."""
    worst = max(costs, key=lambda cost: cost.p99 / cost.most)
    return [
        Goal(
            f"CPU of the most expensive call ({worst.name}), ms",
            worst.p99 * 1000,
            "<=",
            worst.most * 1000,
        ),
        Goal(
            "calls above their bound of CPU", sum(cost.p99 > cost.most for cost in costs), "<=", 0
        ),
    ]


def table(costs: Sequence[Cost], most: int = 25) -> list[tuple[str, ...]]:
    """The calls nearest to their bounds, and all above them."""
    ordered = sorted(costs, key=lambda cost: cost.p99 / cost.most, reverse=True)
    shown = [cost for place, cost in enumerate(ordered) if place < most or cost.p99 > cost.most]
    return [
        ("call", "status", "CPU p99, ms", "of calls", "of it the log", "bound, ms", ""),
        *map(_row, shown),
    ]


def _row(cost: Cost) -> tuple[str, ...]:
    times = (
        f"{cost.p99 * 1000:.1f}",
        str(cost.calls),
        f"{cost.logged * 1000:.1f}",
        f"{cost.most * 1000:g}",
    )
    return (cost.name, cost.status, *times, "above" if cost.p99 > cost.most else "")
