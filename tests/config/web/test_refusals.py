"""Refusals by the server itself: with a request id and the true reason."""

from __future__ import annotations

import time
from contextlib import ExitStack

import pytest
from django.conf import settings

from tests.config.web.conftest import DRIP, Web
from tests.processes import until

pytestmark = pytest.mark.slow
HOST = "Host: 127.0.0.1\r\n"
IMPORT = DRIP.replace(b"/login/", b"/admin/inventory/card/import/").replace(
    b"Content-Length: 100", b"Content-Length: %d" % (settings.MAX_FORM_BYTES + 2000)
)


@pytest.mark.parametrize("request_id", ["caller-7", ""])
def test_every_refusal_has_the_callers_request_id(web: Web, request_id: str) -> None:
    sent = f"X-Request-Id: {request_id}\r\n" if request_id else ""
    for head in (
        f"GET /livez HTTP/1.1\r\n{HOST}{sent}\r\n",
        f"POST /login/ HTTP/1.1\r\n{HOST}{sent}Content-Length: 99\r\n\r\n",
        f"POST /login/ HTTP/1.1\r\n{HOST}{sent}Content-Length: 99000000\r\n\r\n",
        f"GET / HTTP/1.1\r\n{HOST}{sent}" + "a: b\r\n" * 101 + "\r\n",
    ):
        heard = web.send(head.encode())
        assert heard.headers["x-request-id"]
        assert not request_id or heard.headers["x-request-id"] == request_id


def test_the_fifth_large_upload_is_asked_to_come_again(web: Web) -> None:
    """It is not too large: four others are in memory until they get their responses."""
    whole = IMPORT + b"x" * (settings.MAX_FORM_BYTES + 1996)
    with ExitStack() as held:
        for _ in range(4):
            held.enter_context(web.connect()).sendall(whole[:-100])
        time.sleep(0.5)
        heard = web.send(whole)
        assert (heard.status, heard.headers["retry-after"]) == (503, "1")
        assert heard.headers["x-error-code"] == "overloaded"
        assert heard.body == b"The server is busy. Try again in a moment.\n"
    until(lambda: web.send(whole).status == 403)  # Django's own response, as it is not our form


def test_a_post_is_no_probe(web: Web) -> None:
    assert (
        web.send(f"POST /livez HTTP/1.1\r\n{HOST}Content-Length: 1\r\n\r\nx".encode()).status == 404
    )
