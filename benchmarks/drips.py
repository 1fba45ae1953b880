"""Connections with unfinished requests: some stop, some send a byte a second.

Each is reopened when the server closes it, so that the number stays the same. Run as ``python -m
benchmarks.drips`` with a ``Drips`` as JSON on its input; the output is a ``Dripped`` as JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, field

EVERY = 1.0  # seconds between two bytes
SOON = 0.1  # seconds until a refused connection is retried


@dataclass(frozen=True, slots=True)
class Drips:
    """How many, for how long; ``key`` opens the sandbox."""

    port: int
    count: int
    seconds: float
    key: str


@dataclass(slots=True)
class Dripped:
    """Opened connections, connections closed by the server, and its response statuses."""

    opened: int = 0
    closed: int = 0
    refused: int = 0
    statuses: dict[str, int] = field(default_factory=dict)


def beginnings(drips: Drips) -> list[tuple[bytes, bytes]]:
    """Each kind of start: the bytes sent, and the bytes that follow one by one (may be none)."""
    host = f"Host: 127.0.0.1:{drips.port}\r\n"
    json_of = f"{host}Content-Type: application/json\r\nContent-Length: "
    form = (
        "Cookie: csrftoken=made-up\r\nContent-Type: "
        "application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\n"
    )
    sandbox = f"POST /_/api/v1/vm/buyback HTTP/1.1\r\nX-API-Key: {drips.key}\r\n{json_of}"
    live = f"POST /api/v1/vm/buyback HTTP/1.1\r\n{json_of}"
    return [
        (f"POST /login/ HTTP/1.1\r\n{host}{form}csrf".encode(), b""),
        (f'{sandbox}40\r\n\r\n{{"item_id":"be'.encode(), b""),
        (f'{sandbox}4000\r\n\r\n{{"item_id":"'.encode(), b"x" * 3000),
        (f'{live}4000\r\n\r\n{{"item_id":"'.encode(), b"x" * 3000),
        (f"GET /api/v1/vm/available HTTP/1.1\r\n{host}X-Header: ".encode(), b"x" * 3000),
    ]


class Drip:
    """Successive connections with the same start."""

    def __init__(self, port: int, way: tuple[bytes, bytes], until: float, found: Dripped) -> None:
        self._port, self._until, self._found = port, until, found
        self._start, self._rest = way

    async def run(self) -> None:
        """Run until the time is over."""
        while time.monotonic() < self._until:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
            except OSError:
                self._found.refused += 1
                await asyncio.sleep(SOON)
                continue
            self._found.opened += 1
            with suppress(OSError):
                await self._hold(reader, writer)
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _hold(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Until the server responds or closes, or the time is over."""
        writer.write(self._start)
        place = 0
        while (left := self._until - time.monotonic()) > 0:
            try:
                answer = await asyncio.wait_for(reader.read(4096), min(EVERY, left))
            except TimeoutError:
                writer.write(self._rest[place : place + 1])
                place += 1
                continue
            self._found.closed += 1
            if answer:
                status = answer[9:12].decode(errors="replace")
                self._found.statuses[status] = self._found.statuses.get(status, 0) + 1
            return


async def run(drips: Drips) -> Dripped:
    """Run all of them."""
    found, until, ways = Dripped(), time.monotonic() + drips.seconds, beginnings(drips)
    each = (
        Drip(drips.port, ways[number % len(ways)], until, found) for number in range(drips.count)
    )
    await asyncio.gather(*(one.run() for one in each))
    return found


if __name__ == "__main__":
    json.dump(asdict(asyncio.run(run(Drips(**json.load(sys.stdin))))), sys.stdout)
