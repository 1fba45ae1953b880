"""The load generator: one process, one thread, keep-alive connections with one request at a time.

Requests are built from prepared bytes, and only status and length of a response are read, so that
the generator uses little CPU of the measured machine; the report says how much. Run as ``python -m
benchmarks.load`` with a ``Load`` as JSON on its input; the output is a ``Report`` as JSON.
"""

from __future__ import annotations

import array
import json
import selectors
import socket
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

# Spreads consecutive positions over the whole table; it is prime, so that positions are unique.
MULTIPLIER = 15_485_863
LOOK_EVERY = 0.05  # seconds between two checks for missing responses
CHUNKED = -1  # instead of a length: the response ends with an empty chunk


@dataclass(frozen=True, slots=True)
class Numbers:
    """The items to sell: ``count`` positions from ``start``, scattered over ``span`` items."""

    first: int
    span: int
    start: int
    count: int
    step: int = 1  # 2: only every other item

    def __getitem__(self, position: int) -> int:
        """The item at a position."""
        spread = (self.start + position) * MULTIPLIER % (self.span // self.step)
        return self.first + self.step * spread


@dataclass(frozen=True, slots=True)
class Load:
    """What to send. ``paths`` are requested in turn; if empty, ``numbers`` are sold, each once."""

    port: int
    key: str
    seconds: float
    connections: int
    numbers: Numbers
    paths: tuple[str, ...] = ()
    cookie: str = ""
    samples: str = ""  # a file for times (monotonic) and latencies of all requests
    least: int = 0  # wait for this many responses, even if that exceeds ``seconds``
    patience: float = (
        0.0  # seconds after which a call counts as failed; 0: every call must get a response
    )
    base: str = "/api/v1"


@dataclass(slots=True)
class Report:
    """The result. Latencies in seconds; ``statuses`` counts responses by status."""

    statuses: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    p50: float = 0.0
    p99: float = 0.0
    cpu: float = 0.0  # of the generator itself
    first_wrong: str = ""

    @property
    def done(self) -> int:
        """Requests with status 200."""
        return self.statuses.get("200", 0)

    @property
    def failed(self) -> int:
        """Requests with another status or without a response."""
        return sum(self.statuses.values()) - self.done


class Requests:
    """The bytes of successive requests."""

    def __init__(self, load: Load) -> None:
        common = f"Host: 127.0.0.1:{load.port}\r\nX-API-Key: {load.key}\r\n"
        common += f"Cookie: {load.cookie}\r\n" if load.cookie else ""
        self._numbers, self._next = load.numbers, 0
        self._pages = [f"GET {path} HTTP/1.1\r\n{common}\r\n".encode() for path in load.paths]
        length = len(self._body(0))
        self._sale = (
            f"POST {load.base}/vm/buyback HTTP/1.1\r\n{common}"
            f"Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
        ).encode()

    @staticmethod
    def _body(number: int) -> bytes:
        return b'{"item_id":"bench%09d"}' % number

    def take(self) -> bytes | None:
        """The next request, or None if no unsold item is left."""
        position = self._next
        self._next += 1
        if self._pages:
            return self._pages[position % len(self._pages)]
        if position >= self._numbers.count:
            return None
        return self._sale + self._body(self._numbers[position])


@dataclass(slots=True)
class Connection:
    """One connection and its pending response."""

    wire: socket.socket
    sent: float = 0.0
    answer: bytes = b""
    wanted: int = 0  # bytes of the whole response, once its head has been read

    def send(self, request: bytes) -> None:
        """Send the request and start the clock."""
        self.answer, self.wanted = b"", 0
        self.sent = time.monotonic()
        self.wire.sendall(request)

    def receive(self) -> bool:
        """Read available data; returns whether the response is complete. Raises ConnectionError."""
        came = self.wire.recv(262_144)
        if not came:
            raise ConnectionError(f"the server closed a connection after {self.answer[:200]!r}")
        self.answer += came
        if not self.wanted:
            end = self.answer.find(b"\r\n\r\n")
            if end < 0:
                return False
            at = self.answer.lower().find(b"content-length:", 0, end + 2) + 15
            self.wanted = (
                end + 4 + int(self.answer[at : self.answer.index(b"\r", at)])
                if at > 14
                else CHUNKED
            )
        return self.done

    @property
    def done(self) -> bool:
        """Whether the response is complete."""
        if self.wanted == CHUNKED:
            return self.answer.endswith(b"\r\n0\r\n\r\n")
        return 0 < self.wanted <= len(self.answer)

    @property
    def closes(self) -> bool:
        """Whether the server closes the connection after this response."""
        head = self.answer.partition(b"\r\n\r\n")[0].lower()
        return b"\r\nconnection: close" in head


def run(load: Load) -> Report:
    """Send for ``load.seconds``, and until there are ``load.least`` responses.

    Requests in progress at the end are completed. Raises ConnectionError, ValueError; with
    ``load.patience``, a call without a response is counted instead.
    """
    return _Run(load).go()


class _Run:
    """One run: its connections and results."""

    def __init__(self, load: Load) -> None:
        self._load, self._requests, self._report = load, Requests(load), Report()
        self._moments, self._latencies = array.array("d"), array.array("d")
        self._selector = selectors.DefaultSelector()
        self._busy, self._until = 0, 0.0

    def go(self) -> Report:
        """Run everything and return the report."""
        load, report = self._load, self._report
        begun, cpu = time.monotonic(), time.process_time()
        self._until = begun + load.seconds
        try:
            for _ in range(load.connections):
                self._open()
            while self._busy:
                for ready, _ in self._selector.select(LOOK_EVERY if load.patience else None):
                    self._read(ready.data)
                self._give_up()
        finally:
            for key in [*self._selector.get_map().values()]:
                key.data.wire.close()
            self._selector.close()
        report.seconds, report.cpu = time.monotonic() - begun, time.process_time() - cpu
        report.p50, report.p99 = percentile(self._latencies, 0.5), percentile(self._latencies, 0.99)
        if load.samples:
            with Path(load.samples).open("wb") as file:
                self._moments.tofile(file)
                self._latencies.tofile(file)
        return report

    def _open(self) -> None:
        """Open a connection and send its first request; a refused one is retried until the end."""
        while not self._over():
            try:
                wire = socket.create_connection(
                    ("127.0.0.1", self._load.port), self._load.patience or None
                )
            except OSError:
                if not self._load.patience:
                    raise
                self._count("refused", self._load.patience)
                time.sleep(LOOK_EVERY)
                continue
            wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection = Connection(wire)
            self._selector.register(wire, selectors.EVENT_READ, connection)
            self._next(connection)
            return

    def _next(self, connection: Connection) -> None:
        request = None if self._over() else self._requests.take()
        if request is not None:
            self._busy += 1
            try:
                connection.send(request)
            except ConnectionError:
                self._lose(connection, "closed")

    def _over(self) -> bool:
        """Whether to start no further request. Until ``least`` is reached, the time is doubled."""
        late = time.monotonic() - self._until
        enough = len(self._latencies) >= self._load.least
        return late >= 0 and (enough or (self._load.patience > 0 and late >= self._load.seconds))

    def _read(self, connection: Connection) -> None:
        try:
            if not connection.receive():
                return
        except ConnectionError:
            self._lose(connection, "closed")
            return
        self._busy -= 1
        self._count(
            connection.answer[9:12].decode(), time.monotonic() - connection.sent, connection.answer
        )
        if self._load.patience and connection.closes:
            self._replace(connection)
        else:
            self._next(connection)

    def _give_up(self) -> None:
        """Stop waiting for responses that are too late."""
        if not self._load.patience:
            return
        before = time.monotonic() - self._load.patience
        for key in [*self._selector.get_map().values()]:
            if key.data.sent and key.data.sent < before and not key.data.done:
                self._lose(key.data, "timeout")

    def _lose(self, connection: Connection, status: str) -> None:
        """Count a call without a response. Raises ConnectionError if all need one."""
        if not self._load.patience:
            raise ConnectionError(f"a call was {status} after {connection.answer[:200]!r}")
        self._busy -= 1
        self._count(status, time.monotonic() - connection.sent)
        self._replace(connection)

    def _replace(self, connection: Connection) -> None:
        self._selector.unregister(connection.wire)
        connection.wire.close()
        self._open()

    def _count(self, status: str, seconds: float, answer: bytes = b"") -> None:
        self._moments.append(time.monotonic())
        self._latencies.append(seconds)
        report = self._report
        report.statuses[status] = report.statuses.get(status, 0) + 1
        if status != "200" and not report.first_wrong:
            report.first_wrong = answer[:1000].decode(errors="replace") or status


def percentile(values: array.array[float] | list[float], share: float) -> float:
    """The value that ``share`` of ``values`` do not exceed; 0 for no values."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def read_samples(path: Path) -> tuple[array.array[float], array.array[float]]:
    """The times and latencies of a run."""
    values = array.array("d", path.read_bytes())
    half = len(values) // 2
    return values[:half], values[half:]


def main() -> None:
    """Run the load described on the input."""
    sent = json.load(sys.stdin)
    load = Load(**sent | {"numbers": Numbers(**sent["numbers"]), "paths": tuple(sent["paths"])})
    json.dump(asdict(run(load)), sys.stdout)


if __name__ == "__main__":
    main()
