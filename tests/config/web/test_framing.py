"""Requests on one connection stay separate, and each response belongs to its request."""

from __future__ import annotations

import json
import time
from contextlib import ExitStack
from typing import Any

import pytest

from inventory.models import Item
from tests.config.web.conftest import Heard, Web, is_closed, read
from tests.world import World, make_item

pytestmark = pytest.mark.slow
HOST = "Host: 127.0.0.1\r\n"
UPGRADE = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"
LIVEZ = f"GET /livez HTTP/1.1\r\n{HOST}\r\n".encode()
LAST = LIVEZ.replace(HOST.encode(), f"{HOST}Connection: close\r\n".encode())


@pytest.fixture
def further() -> dict[str, Any]:
    return {"ROOT_URLCONF": "tests.config.web.views"}


def sale(world: World, headers: str = "") -> tuple[Item, bytes, bytes]:
    """An item, and the head and body of a request that sells it back."""
    item = make_item(world.northwind.live)
    body = json.dumps({"item_id": item.public_id}).encode()
    head = (
        f"POST /api/v1/vm/buyback HTTP/1.1\r\n{HOST}X-API-Key: {world.northwind.live_key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
    )
    return item, head.encode(), body


def talk(web: Web, *parts: bytes) -> list[Heard]:
    """Send the parts in order, and read all responses until the server closes."""
    with web.connect() as sock:
        for part in parts:
            sock.sendall(part)
            time.sleep(0.2)
        heard = []
        with sock.makefile("rb") as stream:
            while status := stream.readline():
                lines = iter(stream.readline, b"\r\n")
                headers = dict(line.decode("latin-1").strip().split(": ", 1) for line in lines)
                body = stream.read(int(headers["content-length"]))
                heard.append(Heard(int(status.split(b" ")[1]), headers, body))
        return heard


def test_an_offer_to_upgrade_is_ignored_and_the_body_is_read(web: Web, world: World) -> None:
    for split in (False, True):
        item, head, body = sale(world, UPGRADE)
        parts = [head, body, LAST] if split else [head + body + LAST]
        first, second = talk(web, *parts)
        assert (first.status, first.json["success"], second.status) == (200, True, 200)
        item.refresh_from_db()
        assert item.state != "held"


def test_a_tunnel_is_refused(web: Web) -> None:
    (heard,) = talk(web, b"CONNECT 127.0.0.1:5432 HTTP/1.1\r\nHost: a\r\n\r\n" + LIVEZ)
    assert (heard.status, heard.headers["x-error-code"]) == (405, "method_not_allowed")


def test_a_trailer_is_no_header(web: Web, world: World) -> None:
    def ask(key: str, trailer: str) -> int:
        head = f"POST /api/v1/vm/buyback HTTP/1.1\r\n{HOST}{key}Transfer-Encoding: chunked\r\n\r\n"
        return web.send(f"{head}2\r\n{{}}\r\n0\r\n{trailer}\r\n".encode()).status

    key = f"X-API-Key: {world.northwind.live_key}\r\n"
    assert ask(key, "") == ask(key, "X-API-Key: no\r\n") == 400
    assert ask("", key) == 401


@pytest.mark.parametrize(
    "after",
    [
        b"\x00 garbage\r\n\r\n",
        b"NO / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 101 + b"\r\n",
    ],
)
def test_what_follows_a_sale_does_not_answer_for_it(web: Web, world: World, after: bytes) -> None:
    item, head, body = sale(world)
    (heard,) = talk(web, head + body + after)
    assert (heard.status, heard.json["success"]) == (200, True)
    item.refresh_from_db()
    assert item.state != "held"


def test_a_late_request_does_not_take_the_response_of_the_one_before(web: Web) -> None:
    """REQUEST_TIMEOUT is two seconds: the second request is late while the first still runs."""
    slow = f"GET /test/slow?seconds=3 HTTP/1.1\r\n{HOST}\r\n".encode()
    with web.connect() as sock:
        sock.sendall(slow + b"POST /login/ HTTP/1.1\r\nContent-Length: 9\r\n\r\nx")
        heard = read(sock)
        assert (heard.status, heard.body, heard.headers["connection"]) == (200, b"done", "close")
        assert is_closed(sock, within=3)


def test_a_client_that_waits_for_100_and_gets_413_is_closed(web: Web, world: World) -> None:
    _, head, _ = sale(world, "Expect: 100-continue\r\n")
    lines = [line for line in head.split(b"\r\n") if not line.startswith(b"Content-Length")]
    with web.connect() as sock:
        sock.sendall(b"\r\n".join([lines[0], b"Content-Length: 70000", *lines[1:]]))
        heard = read(sock)
        assert (heard.status, heard.headers["connection"]) == (413, "close")
        assert is_closed(sock, within=1)


def test_a_hundred_requests_may_arrive_together_and_no_more(web: Web) -> None:
    assert [one.status for one in talk(web, LIVEZ * 99 + LAST)] == [200] * 100
    assert [one.status for one in talk(web, LIVEZ * 150 + LAST)] == [200] * 101


def test_hanging_up_on_requests_in_line_is_no_fault(new_web: Web) -> None:
    slow = f"GET /test/slow?seconds=0.5 HTTP/1.1\r\n{HOST}\r\n".encode()
    with ExitStack() as held:
        for _ in range(3):
            held.enter_context(new_web.connect()).sendall(slow * 3)
        time.sleep(0.3)
    time.sleep(1)
    assert new_web.get("/healthz").status == 200
    assert "Traceback" not in new_web.log.read_text()


def test_an_unreadable_path_of_the_api_is_refused_as_json(web: Web) -> None:
    heard = web.send(b"GET /api/v1/vm/\xe4 HTTP/1.1\r\nHost: a\r\n\r\n")
    assert (heard.status, heard.json) == (400, {"error": "Invalid HTTP request"})
    assert heard.headers["x-error-code"] == "invalid_http"
