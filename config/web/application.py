"""Handles a connection's request: wait for the body, choose a lane, send the response.

It runs in the event loop. A thread is used from the end of the body until the response is complete.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import IO, Any

import structlog
from django.conf import settings

from config.foundation.codes import Code
from config.web import health, limits
from config.web.handler import Answer, Handler, Received
from config.web.lanes import Lanes, Overloaded
from config.web.routing import caller_of, lane_of, plans
from config.web.waiting import Waiting

log = structlog.get_logger(__name__)

CHUNK = 64 * limits.KIB  # bytes of a response passed to the connection at a time
LARGE_AT_ONCE = 4  # bodies above MAX_FORM_BYTES in memory in one process
NO_BODY = (204, 304)

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Gone(Exception):
    """The client closed the connection."""


class Application:
    """The ASGI application; one for each process."""

    def __init__(self) -> None:
        self._handler = Handler()
        self._lanes: Lanes | None = None
        self._large = 0

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Respond to one request."""
        try:
            await _send(await self._answer(scope, receive), send)
        except Gone:
            return

    @property
    def lanes(self) -> Lanes:
        """The thread pools, started with the first request."""
        if self._lanes is None:
            self._lanes = Lanes(
                plans(),
                longest_queue=settings.WEB_QUEUE,
                longest_wait=settings.WEB_QUEUE_SECONDS,
            )
            self.waiting = Waiting.of_process()
        return self._lanes

    async def _answer(self, scope: dict[str, Any], receive: Receive) -> Answer:
        path, method = scope["raw_path"], scope["method"]
        name = lane_of(method, scope["path"])
        try:
            body = await self._body(scope, receive)
            received = Received(scope, body, bool(scope["state"].get("too_large")))
            if received.too_large and not limits.is_api(path):
                size = limits.body_limit(path) // limits.MIB
                return _refusal(
                    scope, 413, f"The form is larger than {size} MiB.", Code.BODY_TOO_LARGE
                )
            if path == b"/livez" and method in {"GET", "HEAD"}:
                return health.as_answer(health.livez(), scope["headers"])
            if name == "health":
                return await self._health(received)
            return await self._run(name, received, receive)
        except Overloaded:
            log.warning("overloaded", lane=name)
            return _busy(scope)
        except Gone:
            raise
        except Exception as error:  # Django handles errors in views; this is the last resort
            log.exception("request_fault", exc_info=error)
            return _refusal(scope, 500, "An unexpected error occurred", Code.INTERNAL_ERROR)
        finally:
            self._large -= scope["state"].get("large", False)

    async def _body(self, scope: dict[str, Any], receive: Receive) -> bytes:
        """The whole body; empty when it is too large. Raises Gone, Overloaded."""
        parts: list[bytes] = []
        state, size, more = scope["state"], 0, True
        while more and not state.get("too_large"):
            message = await receive()
            if message["type"] == "http.disconnect":
                raise Gone
            parts.append(message["body"])
            size, more = size + len(message["body"]), message["more_body"]
            if size > settings.MAX_FORM_BYTES and "large" not in state:
                if self._large >= LARGE_AT_ONCE:
                    raise Overloaded
                state["large"] = True  # until the response is sent
                self._large += 1
        return b"" if state.get("too_large") else b"".join(parts)

    async def _run(self, name: str, received: Received, receive: Receive) -> Answer:
        """Run Django in a lane, and again each time the view asks to wait."""
        lane, caller, began = self.lanes[name], caller_of(received.scope), _now()
        while True:
            current = received

            def work(current: Received = current) -> Answer:
                return self._handler(current)

            answer = await lane.run(caller, work, again=received.waited > 0)
            if answer.wait is None:
                return answer
            await self._wait(answer, receive)
            received = Received(
                received.scope, received.body, received.too_large, max(_now() - began, 1e-9)
            )

    async def _wait(self, answer: Answer, receive: Receive) -> None:
        """Wait until the view should run again. Raises Gone if the client closes first."""
        assert answer.wait is not None  # noqa: S101  (asked for by the caller)
        waiting = asyncio.ensure_future(self.waiting.until(answer.wait))
        hung_up = asyncio.ensure_future(_hung_up(receive))
        try:
            await asyncio.wait({waiting, hung_up}, return_when=asyncio.FIRST_COMPLETED)
            if hung_up.done() and not waiting.done():
                raise Gone
        finally:
            waiting.cancel()
            hung_up.cancel()

    async def _health(self, received: Received) -> Answer:
        """A probe's response within two seconds, even while the database hangs."""
        try:
            async with asyncio.timeout(health.PATIENCE):
                return await self.lanes["health"].run("", lambda: self._handler(received))
        except (TimeoutError, Overloaded):
            return health.as_answer(health.UNREACHABLE, received.scope["headers"])


def _now() -> float:
    return asyncio.get_running_loop().time()


async def _hung_up(receive: Receive) -> None:
    """Return when the client closes the connection."""
    while (await receive())["type"] != "http.disconnect":
        pass  # the rest of a dropped body


def _refusal(scope: dict[str, Any], status: int, sentence: str, code: Code) -> Answer:
    headers, body = limits.refusal(scope["raw_path"], sentence, code, scope["headers"])
    return Answer(status, headers, body, len(body))


def _busy(scope: dict[str, Any]) -> Answer:
    """503: nothing was done, and the request may be repeated in a second."""
    if limits.is_api(scope["raw_path"]):
        answer = _refusal(scope, 429, "Rate limit exceeded", Code.OVERLOADED)
    else:
        answer = _refusal(scope, 503, "The server is busy. Try again in a moment.", Code.OVERLOADED)
    answer.headers.append((b"retry-after", b"1"))
    return answer


async def _send(answer: Answer, send: Send) -> None:
    headers = answer.headers
    if answer.status not in NO_BODY:
        headers = [one for one in headers if one[0] != b"content-length"]
        headers.append((b"content-length", str(answer.size).encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    body = answer.body
    if isinstance(body, bytes) and len(body) <= CHUNK:
        await send({"type": "http.response.body", "body": body, "more_body": False})
        return
    async with asyncio.timeout(settings.RESPONSE_TIMEOUT):
        await _send_in_parts(body, answer.size, send)


async def _send_in_parts(body: bytes | IO[bytes], size: int, send: Send) -> None:
    """Send the next part when the client has read the previous one."""
    try:
        for start in range(0, max(1, size), CHUNK):
            part = body[start : start + CHUNK] if isinstance(body, bytes) else body.read(CHUNK)
            more = start + CHUNK < size
            await send({"type": "http.response.body", "body": part, "more_body": more})
    finally:
        if not isinstance(body, bytes):
            body.close()
