"""Incomplete requests use no thread and get 408; bodies that are too large get 413."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from django.conf import settings

from config.web.limits import MIB, MULTIPART
from inventory.models import Item
from tests.config.web.conftest import DRIP, Web, is_closed, read
from tests.world import World, make_item

pytestmark = pytest.mark.slow
LATE = {"error": "Request timeout"}
MANY = 40  # more than all threads of a process, except those for peers


def half_sale(base: str, key: str) -> bytes:
    """A sellback with an incomplete body."""
    return (
        f"POST {base}/vm/buyback HTTP/1.1\r\nHost: 127.0.0.1\r\nX-API-Key: {key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{{"
    ).encode()


def came(one: socket.socket, *, within: float) -> bytes:
    """The bytes that the server has sent within this many seconds; may be empty."""
    one.settimeout(within)
    try:
        return one.recv(1000)
    except TimeoutError:
        return b""


@pytest.fixture
def held(web: Web) -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def drip(web: Web, held: ExitStack, request: bytes, count: int = MANY) -> list[socket.socket]:
    """This many connections, each of which has sent only ``request``."""
    open_ones = [held.enter_context(web.connect()) for _ in range(count)]
    for one in open_ones:
        one.sendall(request)
    return open_ones


def test_half_sent_forms_and_sellbacks_block_no_other(
    web: Web, held: ExitStack, world: World
) -> None:
    """Six used to be enough: each held a thread of the server indefinitely."""
    item = make_item(world.northwind.live)
    for request in (
        DRIP,
        half_sale("/_/api/v1", world.northwind.sandbox_key),
        half_sale("/api/v1", world.northwind.live_key),
        half_sale("/api/v1", "live-unknown"),
    ):
        drip(web, held, request)
    key = world.northwind.live_key
    assert web.get("/healthz").status == web.get("/login/").status == 200
    assert web.get("/api/v1/inventory/ada", X_API_Key=key).status in {200, 404}
    sold = web.post("/api/v1/vm/buyback", b'{"item_id":"%s"}' % item.public_id.encode(), key=key)
    assert (sold.status, sold.json["success"]) == (200, True)


@pytest.mark.parametrize("base", ["/api/v1", "/_/api/v1"])
def test_a_body_that_does_not_come_is_answered_408_and_sells_nothing(
    web: Web, held: ExitStack, world: World, base: str
) -> None:
    mode = "live" if base == "/api/v1" else "sandbox"
    (one,) = drip(web, held, half_sale(base, world.northwind.key(mode)), 1)
    heard = read(one)
    assert (heard.status, heard.json) == (408, LATE)
    assert heard.headers["connection"] == "close"
    assert heard.headers["x-error-code"] == "request_timeout"
    assert heard.headers["x-request-id"]
    assert is_closed(one, within=5)
    assert not Item.objects.exclude(state="held").exists()


def test_headers_that_do_not_come_are_answered_408(web: Web, held: ExitStack) -> None:
    (one,) = drip(web, held, b"POST /api/v1/vm/buyback HTTP/1.1\r\nHost: 127", 1)
    heard = read(one)
    assert (heard.status, heard.json) == (408, LATE)
    assert is_closed(one, within=5)


def test_bytes_that_drip_gain_no_time(web: Web, held: ExitStack) -> None:
    """The deadline is for the whole request, not for each wait."""
    (one,) = drip(web, held, DRIP, 1)
    heard = b""
    for _ in range(20):
        one.sendall(b"x")
        if heard := came(one, within=0.3):
            break
    assert heard.startswith(b"HTTP/1.1 408 ")


def test_a_connection_that_sends_nothing_is_closed_without_a_word(
    web: Web, held: ExitStack
) -> None:
    one = held.enter_context(web.connect())
    one.settimeout(10)
    assert one.recv(100) == b""


def test_a_late_second_request_does_not_answer_for_the_first(web: Web, held: ExitStack) -> None:
    """The first request on this connection is still running when the second one times out."""
    one = held.enter_context(web.connect())
    one.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" + DRIP)
    assert read(one).status == 200
    assert read(one).status == 408


@pytest.mark.parametrize("sent", [b"", b"{" * 10])
def test_a_body_over_the_limit_is_refused_by_its_length(
    web: Web, world: World, sent: bytes
) -> None:
    """It does not wait for the body. An unknown key gets 401, not 413."""
    for key, answer in (
        (world.northwind.live_key, (413, "Request body too large", "body_too_large")),
        ("no", (401, "Invalid API key", "invalid_api_key")),
    ):
        head = half_sale("/api/v1", key).replace(b"Content-Length: 100", b"Content-Length: 65537")[
            :-1
        ]
        heard = web.send(head + sent)
        code = heard.headers["x-error-code"]
        assert (heard.status, heard.json["error"], code) == answer
        assert heard.headers["x-ratelimit-limit"]


def test_a_chunked_body_over_the_limit_is_refused(web: Web, world: World) -> None:
    head = half_sale("/api/v1", world.northwind.live_key)[:-1].replace(
        b"Content-Length: 100", b"Transfer-Encoding: chunked"
    )
    heard = web.send(head + b"10001\r\n" + b"x" * 0x10001 + b"\r\n")
    assert (heard.status, heard.json["error"]) == (413, "Request body too large")


@pytest.mark.parametrize("path", [b"/login/", b"/admin/inventory/card/import/"])
def test_a_form_over_its_limit_is_refused_with_a_sentence(web: Web, path: bytes) -> None:
    size = (
        settings.MAX_FORM_BYTES + 1 if path == b"/login/" else settings.MAX_IMPORT_BYTES + 100_000
    )
    head = DRIP.replace(b"/login/", path).replace(
        b"Content-Length: 100", b"Content-Length: %d" % size
    )
    heard = web.send(head)
    assert (heard.status, heard.headers["x-error-code"]) == (413, "body_too_large")
    assert heard.body.startswith(b"The form is larger than ")


def test_headers_over_their_limit_are_refused(web: Web) -> None:
    for head in (
        b"".join(b"X-%d: y\r\n" % number for number in range(101)),
        b"X-Long: " + b"x" * 400_000,
    ):
        heard = web.send(
            b"GET /api/v1/vm/available HTTP/1.1\r\nHost: 127.0.0.1\r\n" + head + b"\r\n\r\n"
        )
        assert (heard.status, heard.json) == (431, {"error": "Request headers too large"})
        assert heard.headers["x-error-code"] == "headers_too_large"


def test_what_is_not_http_is_refused(web: Web) -> None:
    assert web.send(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"x" * 100).status == 400
    smuggled = DRIP.replace(
        b"Content-Length: 100", b"Content-Length: 4\r\nTransfer-Encoding: chunked"
    )
    assert web.send(smuggled).status == 400


def test_a_header_with_an_underscore_is_no_key(web: Web, world: World) -> None:
    request = b"GET /api/v1/vm/available HTTP/1.1\r\nHost: 127.0.0.1\r\nX_API_Key: %s\r\n\r\n"
    assert web.send(request % world.northwind.live_key.encode()).status == 401


class TestMemory:
    """Half-sent forms of almost 1 MiB each, of which a process keeps eight."""

    @pytest.fixture
    def further(self) -> dict[str, Any]:
        return {"MAX_ARRIVING_BYTES": 1, "REQUEST_TIMEOUT": 30}

    def test_one_of_too_many_is_refused_and_nobody_else(
        self, web: Web, held: ExitStack, world: World
    ) -> None:
        head = (
            f"POST /login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {MIB}\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\n\r\n"
        ).encode()
        most = (settings.MAX_IMPORT_BYTES + MULTIPART) // (MIB - 1000)
        forms = drip(web, held, head + b"a" * (MIB - 1000), most + 1)
        heard = [came(one, within=0.5) for one in forms]
        (refused,) = [answer for answer in heard if answer]
        assert refused.startswith(b"HTTP/1.1 503 ")
        assert refused.endswith(b"Too many large requests\n")
        assert [came(one, within=0.2) for one in forms].count(b"") == most + 1
        sold = web.post(
            "/api/v1/vm/buyback",
            json.dumps({"item_id": make_item(world.northwind.live).public_id}).encode(),
            key=world.northwind.live_key,
        )
        assert sold.status == 200
