"""An oracle and a treasury that respond after a delay: one process each, no threads.

The reference peers of ``tests/peers`` use a thread for each connection, and would compete with the
measured server for its two cores. These implement the same protocols (``buyback/live/oracle.py``,
``buyback/live/treasury.py``) without faults. Run as ``python -m benchmarks.peers.slow
oracle|treasury PORT SECONDS``; the treasury's key is ``TREASURY_KEY``.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import os
import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

SIGNATURE = re.compile(
    rb"x-signature: t=([0-9]+),n=([0-9a-f]{32}),v1=([0-9a-f]{64})", re.IGNORECASE
)
LENGTH = re.compile(rb"content-length: ([0-9]+)", re.IGNORECASE)
NUMBER = re.compile(r"[0-9]+$")

Answer = tuple[int, bytes, str]  # status, body, a header line or nothing
Respond = Callable[[bytes, str, str, bytes], Answer]  # head, method, path, body


class Wire(asyncio.Protocol):
    """A persistent connection; a response is sent ``seconds`` after its request is complete."""

    def __init__(self, respond: Respond, seconds: float) -> None:
        self._respond, self._seconds = respond, seconds
        self._received = b""
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, rest = self._received.partition(b"\r\n\r\n")
        length = LENGTH.search(head)
        size = int(length[1]) if length else 0
        if end and len(rest) >= size:
            self._received = rest[size:]
            method, path, _ = head.split(b" ", 2)
            answer = self._respond(head, method.decode(), path.decode(), rest[:size])
            asyncio.get_running_loop().call_later(self._seconds, self._answer, answer)

    def _answer(self, answer: Answer) -> None:
        status, body, header = answer
        head = (
            f"HTTP/1.1 {status} OK\r\nContent-Type: "
            f"application/json\r\n{header}Content-Length: "
            f"{len(body)}\r\n\r\n"
        )
        if not self._transport.is_closing():
            self._transport.write(head.encode() + body)


def oracle(head: bytes, method: str, path: str, body: bytes) -> Answer:
    """The catalogue's value of item n of the benchmark (``world.sql``), so prices are unchanged."""
    item = path.rpartition("/")[2]
    found = NUMBER.search(item)
    if found is None:
        return 404, b'{"error":"not_found"}', ""
    cents = round((500 + int(found[0]) * 7919 % 50_000) * 1.07)
    moment = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    price = {
        "item_id": item,
        "currency": "USD",
        "fmv": f"{cents // 100}.{cents % 100:02d}",
        "priced_at": moment,
    }
    return 200, json.dumps(price).encode(), ""


class Treasury:
    """Pays every reference once."""

    def __init__(self, key: str) -> None:
        self._key = key.encode()
        self.paid: dict[str, str] = {}  # amounts in USD by reference

    def __call__(self, head: bytes, method: str, path: str, body: bytes) -> Answer:
        signed = SIGNATURE.search(head)
        if signed is None or self._sign(
            "request", signed[1].decode(), signed[2].decode(), method, path, body=body
        ) != (signed[3].decode()):
            return 401, b'{"error":"bad signature"}', ""
        if method == "POST":
            wanted = json.loads(body)
            reference = wanted["reference"]
            self.paid.setdefault(reference, wanted["amount"])
        else:
            reference = path.rpartition("/")[2]
        status, content = 404, {"error": "not_found", "reference": reference}
        if reference in self.paid:
            status, content = 200, {"reference": reference, "status": "paid", "currency": "USD"}
            content["amount"] = self.paid[reference]
        answer = json.dumps(content).encode()
        signature = self._sign("answer", signed[2].decode(), method, path, str(status), body=answer)
        return status, answer, f"X-Signature: v1={signature}\r\n"

    def _sign(self, *lines: str, body: bytes) -> str:
        text = b"\n".join([*(line.encode() for line in lines), body])
        return hmac.new(self._key, text, hashlib.sha256).hexdigest()


async def serve(respond: Respond, port: int, seconds: float) -> None:
    """Serve until the process is ended."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        partial(Wire, respond, seconds), "127.0.0.1", port, backlog=1024
    )
    await server.serve_forever()


def main(kind: str, port: str, seconds: str) -> None:
    """Serve one of the two."""
    respond: Respond = oracle if kind == "oracle" else Treasury(os.environ["TREASURY_KEY"])
    asyncio.run(serve(respond, int(port), float(seconds)))


if __name__ == "__main__":
    main(*sys.argv[1:])
