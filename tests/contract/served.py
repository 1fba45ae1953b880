"""The API over a real socket, on the test's own database connection, one call at a time.

A row is sent as a partner's server sends it, and rolled back with the test's transaction. The
production server and malformed bytes are tested in a separate process (``test_wire.py``).
"""

from __future__ import annotations

import http.client
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from threading import Thread
from unittest.mock import patch

from django.core.servers.basehttp import WSGIRequestHandler, WSGIServer
from django.core.wsgi import get_wsgi_application
from django.db import DEFAULT_DB_ALIAS, connections
from django.http import HttpResponse

HOST = "127.0.0.1"


class QuietHandler(WSGIRequestHandler):
    """Does not log calls."""

    def log_message(self, *_: object) -> None:
        """No log."""


@contextmanager
def server() -> Iterator[int]:
    """Serve during the block on this thread's database connection; yields the port."""

    shared = connections[DEFAULT_DB_ALIAS]

    def serve() -> None:
        connections[DEFAULT_DB_ALIAS] = shared
        listening.serve_forever(poll_interval=0.05)

    listening = WSGIServer((HOST, 0), QuietHandler)
    listening.set_app(get_wsgi_application())
    thread = Thread(target=serve, daemon=True)
    shared.inc_thread_sharing()
    # Django closes a connection in a transaction at the end of a request, and the test always has
    # one.
    with patch.object(shared, "close_if_unusable_or_obsolete"):
        thread.start()
        try:
            yield listening.server_port
        finally:
            listening.shutdown()
            thread.join()
            listening.server_close()
            shared.dec_thread_sharing()


def ask(port: int, method: str, target: str, body: bytes, headers: dict[str, str]) -> HttpResponse:
    """One call on a new connection; returns the response when the server has finished the call."""
    caller = http.client.HTTPConnection(HOST, port, timeout=60)
    with closing(caller):
        caller.request(method, target, body, headers)
        line: socket.socket = caller.sock
        line = line.dup()  # http.client closes its own after reading
        with closing(line):
            heard = caller.getresponse()
            content = heard.read()
            assert line.recv(1) == b""
    return HttpResponse(content, status=heard.status, headers=dict(heard.getheaders()))
