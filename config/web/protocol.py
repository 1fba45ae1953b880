"""uvicorn's HTTP/1.1 protocol with limits for connections, headers, bodies and slow readers.

uvicorn parses, frames and keeps connections alive. It has no deadline for incomplete requests, and
none for clients that do not read their response; both are added here. A request refused here never
reaches a thread.
"""

from __future__ import annotations

import asyncio
from asyncio import TimerHandle
from typing import Any

from django.conf import settings
from httptools import (
    HttpParserError,
    HttpParserInvalidMethodError,
    HttpParserUpgrade,
    HttpRequestParser,
)
from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)

from config.foundation.codes import Code
from config.web import limits

MAX_HEAD = 64 * limits.KIB  # bytes of request line and headers
MAX_HEADERS = 100
MAX_PIPELINE = 100  # pipelined requests waiting on one connection


class Refused(Exception):
    """The connection's request was refused, so nothing else is parsed."""


class BoundedProtocol(HttpToolsProtocol):
    """One connection. Each request must arrive within REQUEST_TIMEOUT seconds, or gets 408."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.url = b""
        self._late: TimerHandle | None = None
        self._stalled: TimerHandle | None = None
        self._closing: TimerHandle | None = None
        self._head_bytes = self._body_bytes = self._limit = 0
        self._in_head, self._dropping, self._refused = True, False, False
        self._progress = False  # whether data has arrived since the last check
        self._receiving: RequestResponseCycle | None = None  # whose body is arriving
        self._running: RequestResponseCycle | None = None  # whose response is next
        self._since = 0.0

    @property
    def is_idle(self) -> bool:
        """Whether no request is in progress."""
        return self._late is None and (self.cycle is None or self.cycle.response_complete)

    @property
    def is_incomplete(self) -> bool:
        """Whether a request has started to arrive and is incomplete."""
        return self._late is not None

    @property
    def arriving_bytes(self) -> int:
        """How much of an incomplete request's body is held; 0 for one that the API accepts."""
        held = 0 if self._dropping or not self.is_incomplete else self._body_bytes
        return held if held > limits.API_BODY else 0

    @property
    def is_stalled(self) -> bool:
        """Whether the response is waiting for the client to read."""
        return self._stalled is not None

    # --- connection -------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._since = self.loop.time()
        self._arm()
        if len(self.connections) > _most_connections() and not self._make_room():
            self._refuse(503, "Too many connections", Code.TOO_MANY_CONNECTIONS)

    def connection_lost(self, exc: Exception | None) -> None:
        for timer in (self._late, self._stalled, self._closing):
            if timer is not None:
                timer.cancel()
        self._late = self._stalled = self._closing = None
        self._unset_keepalive_if_required()
        super().connection_lost(exc)
        running = self._running
        if running is not None and not running.response_complete:
            running.disconnected = True  # uvicorn sets it on the latest request only
            running.message_event.set()
        self.pipeline.clear()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._running = cycle
        super()._start_asgi_task(cycle, app)

    def _make_room(self) -> bool:
        """Close the connection that is idle longest, incomplete longest, or reads too slowly."""
        others = [
            one for one in self.connections if isinstance(one, BoundedProtocol) and one is not self
        ]
        for candidates in (
            [one for one in others if one.is_idle],
            [one for one in others if one.is_incomplete],
            [one for one in others if one.is_stalled],
        ):
            if candidates:
                min(candidates, key=lambda one: one._since).transport.abort()  # noqa: SLF001
                return True
        return False

    # --- arriving ---------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        if self._refused or self.transport.is_closing():
            return
        if self._head_bytes > MAX_HEAD:
            self._refuse(431, "Request headers too large", Code.HEADERS_TOO_LARGE)
            return
        self._unset_keepalive_if_required()
        self._progress = False
        try:
            self._parse(data)
        except HttpParserError as error:
            if not self._refused:
                self._refuse_malformed(error, data)
            return
        # Trailers and chunk extensions count too: only the body has a separate limit.
        self._head_bytes = 0 if self._progress else self._head_bytes + len(data)
        if (
            self.is_idle
            and self.timeout_keep_alive_task is None
            and not self.transport.is_closing()
        ):
            self._wait_for_next()  # an empty line does not start a request

    def _parse(self, data: bytes) -> None:
        """Feed the parser. Raises HttpParserError."""
        while True:
            try:
                self.parser.feed_data(data)
            except HttpParserUpgrade as upgrade:
                data = self._without_upgrade() + data[upgrade.args[0] :]
            else:
                return

    def _without_upgrade(self) -> bytes:
        """The head of the request without its ``Upgrade``, to be parsed again.

        No other protocol is offered, and a server may ignore the header (RFC 9110, 7.8). The parser
        would treat the body as the other protocol. Java's client sends the header with every call.
        """
        method, version = self.parser.get_method(), self.parser.get_http_version().encode()
        if method == b"CONNECT":
            self._refuse(405, "Method not allowed", Code.METHOD_NOT_ALLOWED)
            raise HttpParserError
        self.parser = HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
        lines = [b"%s %s HTTP/%s" % (method, self.url, version)]
        lines += [b"%s: %s" % header for header in self.headers if header[0] != b"upgrade"]
        return b"\r\n".join([*lines, b"", b""])

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head, self._dropping = True, False
        self._body_bytes = 0
        self._receiving = None
        if self._late is None:
            self._since = self.loop.time()
            self._arm()

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._in_head:  # ignore trailers: one could add a key or an address
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        if self.parser.should_upgrade():
            return  # parsed again below
        self._in_head = False
        if self.url.startswith(b"/"):
            self.url = b"http://-" + self.url  # so that `//x` is a path and not a host
        if len(self.headers) > MAX_HEADERS:
            self._refuse(431, "Request headers too large", Code.HEADERS_TOO_LARGE)
            raise Refused
        if len(self.pipeline) >= MAX_PIPELINE:
            self._refuse(400, "Too many requests at once", Code.INVALID_HTTP)
            raise Refused
        super().on_headers_complete()
        self._receiving = self.cycle
        self._limit = limits.body_limit(self.scope["raw_path"])
        declared = next((v for name, v in self.headers if name == b"content-length"), b"0")
        if int(declared) > self._limit:
            self._drop_body()

    def on_body(self, body: bytes) -> None:
        self._progress = True
        if self._dropping:
            return
        self._body_bytes += len(body)
        if self._body_bytes > self._limit:
            self._drop_body()
            return
        super().on_body(body)
        if self.arriving_bytes:
            self._keep_within_memory()

    def on_message_complete(self) -> None:
        if self.parser.should_upgrade():
            return
        self._progress = True
        self._receiving = None
        self._cancel_late()
        super().on_message_complete()
        if self.cycle is not None and self.cycle.response_complete and not self.pipeline:
            self._wait_for_next()  # the response was sent before the body was complete

    def _keep_within_memory(self) -> None:
        """Refuse the largest of the bodies that are arriving, if they are too much together.

        Raises Refused if that is this connection's own.
        """
        arriving = [one for one in self.connections if isinstance(one, BoundedProtocol)]
        most = max(settings.MAX_ARRIVING_BYTES, settings.MAX_IMPORT_BYTES + limits.MULTIPART)
        if sum(one.arriving_bytes for one in arriving) <= most:
            return
        largest = max(arriving, key=lambda one: one.arriving_bytes)
        largest._refuse(503, "Too many large requests", Code.TOO_MANY_LARGE_REQUESTS)  # noqa: SLF001
        if largest is self:
            raise Refused

    def _drop_body(self) -> None:
        """Read and discard the rest; the request continues as too large."""
        self._dropping = True
        if self.cycle.waiting_for_100_continue:
            self.cycle.keep_alive = False  # a client waiting for 100 never sends the rest
        self.scope["state"]["too_large"] = True
        self.cycle.body = bytearray()
        self.cycle.message_event.set()

    def _arm(self) -> None:
        self._late = self.loop.call_later(settings.REQUEST_TIMEOUT, self._out_of_time)

    def _cancel_late(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _out_of_time(self) -> None:
        if self._unanswered() is None and not (self.url or self._head_bytes):
            self.transport.abort()  # no request was sent
        else:
            self._refuse(408, "Request timeout", Code.REQUEST_TIMEOUT)

    def _unanswered(self) -> RequestResponseCycle | None:
        """The latest complete request whose response is not complete."""
        waiting = [cycle for cycle, _ in self.pipeline if cycle is not self._receiving]
        latest = waiting[0] if waiting else self._running
        done = latest is None or latest is self._receiving or latest.response_complete
        return None if done else latest

    def _refuse(self, status: int, sentence: str, code: Code) -> None:
        """Send a refusal and close, after the responses to complete requests.

        Otherwise the refusal could be taken for the response to one of them, such as a sellback.
        """
        self._refused = True
        self._cancel_late()
        earlier, receiving = self._unanswered(), self._receiving
        if earlier is not None:
            earlier.keep_alive = False
            if self.pipeline and self.pipeline[0][0] is receiving:
                self.pipeline.popleft()
            return
        if receiving is None or not receiving.response_started:
            path = self.url.removeprefix(b"http://-")
            headers, body = limits.refusal(path, sentence, code, self.headers or ())
            head = b"".join(name + b": " + value + b"\r\n" for name, value in headers)
            self.transport.write(STATUS_LINE[status] + head + b"connection: close\r\n\r\n" + body)
        self._close()

    def _refuse_malformed(self, error: HttpParserError, data: bytes) -> None:
        method, path, *_ = [*data.split(b" ", 2), b""]
        if self._in_head and not self.url and path.startswith(b"/"):
            self.url = path  # the parser stopped before it
        if method.isalpha() and isinstance(error, HttpParserInvalidMethodError):
            self._refuse(405, "Method not allowed", Code.METHOD_NOT_ALLOWED)
        else:
            self._refuse(400, "Invalid HTTP request", Code.INVALID_HTTP)

    # --- stopping ---------------------------------------------------------------------------

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._stalled is None:
            self._stalled = self.loop.call_later(settings.RESPONSE_STALL, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None

    def on_response_complete(self) -> None:
        self._since = self.loop.time()
        super().on_response_complete()
        if self.transport.is_closing():
            self._close()
        elif self._late is not None and not self.pipeline:
            self._unset_keepalive_if_required()  # the rest of its body already has a deadline

    def _wait_for_next(self) -> None:
        self._unset_keepalive_if_required()
        self.timeout_keep_alive_task = self.loop.call_later(
            self.timeout_keep_alive, self.timeout_keep_alive_handler
        )

    def timeout_keep_alive_handler(self) -> None:
        self._close()

    def shutdown(self) -> None:
        if self.is_idle:
            self._close()
        else:
            super().shutdown()

    def _close(self) -> None:
        """Send buffered data and close; a client that does not read is disconnected."""
        self.transport.close()
        if self._closing is None:
            self._closing = self.loop.call_later(settings.RESPONSE_STALL, self.transport.abort)


def _most_connections() -> int:
    """This process's share of MAX_CONNECTIONS."""
    return max(1, settings.MAX_CONNECTIONS // settings.WEB_WORKERS)
