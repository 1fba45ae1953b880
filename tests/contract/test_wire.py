"""The contract over a socket, against the production server: requests a test client cannot send.

A web process uses the test's database, so rows are committed, and the database is emptied
afterwards. It calls an oracle, a treasury and a carrier, so their outcomes are tested too.
"""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterator
from contextlib import closing
from typing import Any, NamedTuple

import pytest

from buyback.models import Buyback
from config.foundation import clock
from inventory.models import Item
from partners.models import Mode
from tests.contract.cases import MALFORMED, MISSING_FIELD, SELL
from tests.contract.runner import malformed
from tests.contract.scene import Scene, make_scenes
from tests.kills.scene import locked
from tests.peers.carrier import CarrierPeer
from tests.peers.oracle import OraclePeer
from tests.peers.treasury import TreasuryPeer
from tests.processes import process, until
from tests.shipments import ADDRESS

HOST = "127.0.0.1"
KEY = "the treasury's key in these tests alone"
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


class Answer(NamedTuple):
    """One raw response."""

    status: int
    headers: dict[str, str]
    body: bytes


class Wire(NamedTuple):
    """Both scenes, with a server."""

    scenes: dict[str, Scene]
    port: int
    oracle: OraclePeer
    treasury: TreasuryPeer
    carrier: CarrierPeer

    def ask(self, request: bytes) -> Answer:
        """Send bytes and read one response."""
        with closing(socket.create_connection((HOST, self.port), timeout=20)) as sock:
            sock.sendall(request)
            response = http.client.HTTPResponse(sock, method=request.partition(b" ")[0].decode())
            response.begin()
            headers = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, headers, response.read())

    def post(
        self, scene: Scene, body: bytes, *, path: str = "/vm/buyback", framing: str = ""
    ) -> Answer:
        """A POST, by default with Content-Length."""
        head = [f"POST {scene.base}{path} HTTP/1.1", f"Host: {HOST}", f"X-API-Key: {scene.key}"]
        head += ["Content-Type: application/json", framing or f"Content-Length: {len(body)}"]
        return self.ask("\r\n".join([*head, "", ""]).encode() + body)

    def call(self, scene: Scene, line: bytes, *headers: str) -> Answer:
        """A call without a body and with an unchanged request line (``{base}`` filled in)."""
        line = line.replace(b"{base}", scene.base.encode())
        given = [f"Host: {HOST}", f"X-API-Key: {scene.key}", *headers]
        return self.ask(line + b" HTTP/1.1\r\n" + "\r\n".join([*given, "", ""]).encode("latin-1"))


def free_port() -> int:
    with closing(socket.socket()) as sock:
        sock.bind((HOST, 0))
        port: int = sock.getsockname()[1]
        return port


def answers(port: int) -> bool:
    with closing(socket.socket()) as sock:
        return sock.connect_ex((HOST, port)) == 0


def chunked(body: bytes, size: int = 1000) -> bytes:
    parts = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in [*parts, b""])


@pytest.fixture
def wire(transactional_db: None) -> Iterator[Wire]:
    """One server for the whole test. At the oracle all items cost what the held one was worth."""
    port = free_port()
    scenes = make_scenes()
    with (
        OraclePeer(any_price="82.50") as oracle,
        TreasuryPeer(key=KEY) as treasury,
        CarrierPeer() as carrier,
    ):
        peers = {"ORACLE_URL": oracle.url, "TREASURY_URL": treasury.url, "TREASURY_KEY": KEY}
        with process("tests.web", str(port), **peers, CARRIER_URL=carrier.url):
            until(lambda: answers(port))
            yield Wire(scenes, port, oracle, treasury, carrier)


def error(answer: Answer) -> tuple[int, Any]:
    assert answer.headers["content-type"].startswith("application/json")
    return answer.status, json.loads(answer.body)["error"]


def test_it_keeps_the_contract_over_a_socket(wire: Wire) -> None:
    """One server start for everything; each part names itself when it fails."""
    for scene in wire.scenes.values():
        bodies(wire, scene)
        large_bodies(wire, scene)
        methods(wire, scene)
        paths(wire, scene)
        headers(wire, scene)
        assert not Item.objects.filter(public_id=scene.names["held"], state="sold").exists()
        sales(wire, scene)
    outcomes(wire, wire.scenes[Mode.LIVE])
    quotes_of_shipping(wire, wire.scenes[Mode.LIVE])


def bodies(wire: Wire, scene: Scene) -> None:
    """Malformed bodies, and framings without a body."""
    for flaw, (body, content_type) in MALFORMED.items():
        if content_type == "application/json":
            sent = malformed(scene, body, {"item_id": "<held>"})
            assert error(wire.post(scene, sent)) == (400, MISSING_FIELD[SELL]), flaw
            framed = wire.post(scene, chunked(sent), framing="Transfer-Encoding: chunked")
            assert error(framed) == (400, MISSING_FIELD[SELL]), flaw
    bare = wire.call(
        scene, b"POST {base}/vm/buyback", "Content-Type: application/json", "Content-Length: 0"
    )
    assert error(bare) == (400, "Item not found")


def large_bodies(wire: Wire, scene: Scene) -> None:
    """One byte too many, in each framing."""
    large = json.dumps({"item_id": scene.names["held"]}).encode().ljust(64 * 1024 + 1)
    for sent, framing in (
        (large, ""),
        (chunked(large), "Transfer-Encoding: chunked"),
        (large * 20, ""),
    ):
        refused = wire.post(scene, sent, framing=framing)
        assert error(refused) == (413, "Request body too large"), (framing, len(sent))


def methods(wire: Wire, scene: Scene) -> None:
    """HEAD is a GET without its body where GET exists; elsewhere it is refused."""
    seen = wire.call(scene, b"HEAD {base}/inventory/ada")
    assert (seen.status, seen.body) == (200, b"")
    assert wire.call(scene, b"HEAD {base}/vm/buyback").status == 405
    for method in (b"OPTIONS", b"PUT", b"DELETE", b"PATCH", b"BREW"):
        answer = wire.call(scene, method + b" {base}/vm/buyback", "Content-Length: 0")
        assert error(answer) == (405, "Method not allowed"), method


def paths(wire: Wire, scene: Scene) -> None:
    """NUL, broken UTF-8, dots and slashes in paths."""
    for path in (b"nobody%00", b"%ff%fe", b"%c3%28", b"%ed%a0%80", b"a%2Fb", b"%2e%2e%2fada"):
        assert error(wire.call(scene, b"GET {base}/inventory/" + path)) == (
            404,
            "User not found",
        ), path
    for path in (b"/%00", b"/%ff", b"//vm/buyback", b"/vm/buyback%00", b"/vm/buyback/"):
        assert error(wire.call(scene, b"POST {base}" + path, "Content-Length: 0")) == (
            404,
            "Not found",
        ), path
    odd = wire.call(scene, b"GET {base}/inventory/a%2Fb%7Cc%20d%C3%A9%3F")
    assert error(odd) == (404, "User not found")


def headers(wire: Wire, scene: Scene) -> None:
    """The key, the request id and the rate limit in raw headers."""
    given = wire.call(scene, b"GET {base}/vm/available", "X-Request-Id: abc.DEF-1_2")
    assert given.headers["x-request-id"] == "abc.DEF-1_2"
    assert {"x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"} < set(given.headers)
    base = scene.base.encode()
    for key in (b"", b"X-API-Key:\r\n", b"X-API-Key: \xff\xfe\r\n"):
        request = b"GET " + base + b"/vm/available HTTP/1.1\r\nHost: x\r\n" + key + b"\r\n"
        assert error(wire.ask(request.replace(b"Host: x", b"Host: localhost"))) == (
            401,
            "Invalid API key",
        ), key


def sales(wire: Wire, scene: Scene) -> None:
    """It sells, with Content-Length and with chunks, and the key is used again."""
    body = json.dumps({"item_id": scene.names["held"]}).encode()
    sold = wire.post(
        scene, chunked(body, 7), framing="Transfer-Encoding: chunked\r\nIdempotency-Key: k"
    )
    assert (sold.status, sold.body) == (200, b'{"success":true,"amount":70.13}')
    again = wire.post(scene, body, framing=f"Content-Length: {len(body)}\r\nIdempotency-Key: k")
    assert (again.body, again.headers["idempotency-replayed"]) == (sold.body, "true")


def outcomes(wire: Wire, live: Scene) -> None:
    """Outcomes of a sellback when peers decline or do not respond."""
    item = live.names["closing"]
    body = json.dumps({"item_id": item}).encode()
    wire.oracle.fault("500")
    assert error(wire.post(live, body)) == (400, "Transaction failed")
    wire.oracle.fault(None)
    wire.treasury.fault("decline", times=1)
    assert error(wire.post(live, body)) == (400, "Transaction failed")
    with locked("inventory_item", Item.objects.get(public_id=item).pk):
        in_flight = wire.post(live, body)
    assert error(in_flight) == (429, "A buyback request for this item is already being processed")
    assert in_flight.headers["retry-after"] == "1"
    wire.treasury.fault("drop_after", times=1)
    assert error(wire.post(live, body)) == (500, "An unexpected error occurred")
    assert error(wire.post(live, body)) == (400, "Item already has an active buyback session")
    Buyback.objects.filter(item__public_id=item, completed_at=None).update(lease_until=clock.now())
    payload = json.loads(wire.call(live, b"GET {base}/vm/buyback/" + item.encode()).body)
    assert (payload["status"], payload["amount"]) == ("completed", 70.13)
    assert error(wire.post(live, body)) == (400, "Item not found")


def quotes_of_shipping(wire: Wire, live: Scene) -> None:
    """The same for a shipping quote."""
    body = json.dumps({"item_ids": [live.names["piped"]], "destination": ADDRESS}).encode()
    wire.carrier.fault("500", times=1)
    assert error(wire.post(live, body, path="/ship/quote")) == (
        500,
        "Failed to fetch shipping quotes",
    )
    for key in ("", "Idempotency-Key: parcel\r\n"):
        answer = wire.post(
            live, body, path="/ship/quote", framing=f"{key}Content-Length: {len(body)}"
        )
        assert (answer.status, json.loads(answer.body)["quotes"][0]["carrier"]) == (
            200,
            "Parcel Co",
        )
