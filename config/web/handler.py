"""Runs Django in a worker thread: from a complete request to a complete response.

Nothing here waits for the client. The request's body has arrived, and a streamed response (an
export) is written to a temporary file before it is sent.
"""

from __future__ import annotations

import gc
import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field
from importlib import import_module
from io import BytesIO
from tempfile import SpooledTemporaryFile
from typing import IO, Any
from urllib.parse import unquote_to_bytes

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.http.response import HttpResponseBase, StreamingHttpResponse

from config.web import limits
from config.web.waiting import Wait

IN_MEMORY = 1024 * 1024  # bytes of a streamed response; the rest goes to a temporary file
# New objects between two garbage collections. With Python's 700 one body could start thirty; with
# ten times as many each takes as long as a page.
GARBAGE = 5_000
# Requests after which what has been loaded so far is frozen again: most of it by these.
FREEZES = {500, 2_000}
ROOM = 1 << 15  # words of a frame
TOO_LARGE = "sellback.body_too_large"  # in META: the body was over the limit and was dropped
WAITED = "sellback.waited"  # in META: seconds that this request has waited so far


@dataclass(frozen=True, slots=True)
class Received:
    """A complete request. ``too_large``: its body was dropped."""

    scope: dict[str, Any]
    body: bytes = b""
    too_large: bool = False
    waited: float = 0.0


@dataclass(frozen=True, slots=True)
class Answer:
    """A response to send: bytes, or a file from its start."""

    status: int
    headers: list[limits.Header]
    body: bytes | IO[bytes]
    size: int
    wait: Wait | None = field(default=None)


class Handler:
    """Runs Django's middleware and views, and closes the request's resources."""

    def __init__(self) -> None:
        self._django = WSGIHandler()
        import_module(settings.ROOT_URLCONF)
        gc.set_threshold(GARBAGE, 10, 10)
        self._served = itertools.count(1)
        _freeze()

    def __call__(self, received: Received) -> Answer:
        """The response to one request. Errors in views become responses here, as under WSGI."""
        if next(self._served) in FREEZES:
            _freeze()
        response: HttpResponseBase = self._django(_environ(received), _ignore)
        try:
            return _answer(response)
        finally:
            response.close()  # also lets Django return or keep this thread's connection


def _freeze() -> None:
    """Take what is loaded by now out of garbage collection: it stays for the process's life.

    Unfrozen, some request would wait while all of it is searched.
    """
    gc.collect()
    gc.freeze()


# CPython 3.11 and 3.12 keep frames in pieces of 16 KiB and free a piece when the first call in it
# returns. A loop whose calls cross such an edge maps and unmaps memory at every turn; which pages
# have one is chance (https://github.com/python/cpython/issues/142183). A frame that claims a large
# piece leaves room in it for everything it calls.
Handler.__call__.__code__ = Handler.__call__.__code__.replace(co_stacksize=ROOM)


def _ignore(*_: Any) -> Any:
    """WSGI's start_response, which is not needed: the response object has everything."""


def _environ(received: Received) -> dict[str, Any]:
    """The request as Django's WSGIRequest reads it.

    Headers with an underscore in their name are dropped: ``X_API_Key`` would count as
    ``X-API-Key``.
    """
    scope, body = received.scope, received.body
    client, server = scope["client"] or ("", 0), scope["server"] or ("", 0)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(scope["raw_path"]).decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1] or 0),
        "REMOTE_ADDR": client[0],
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.input": BytesIO(body),
        TOO_LARGE: received.too_large,
        WAITED: received.waited,
    }
    for raw_name, raw_value in scope["headers"]:
        if b"_" in raw_name:
            continue
        name, value = (
            raw_name.decode("latin-1").upper().replace("-", "_"),
            raw_value.decode("latin-1"),
        )
        if name == "CONTENT_TYPE":
            environ[name] = value
        elif name != "CONTENT_LENGTH":
            name = f"HTTP_{name}"
            known = environ.get(name)
            joined = "; " if name == "HTTP_COOKIE" else ","
            environ[name] = value if known is None else f"{known}{joined}{value}"
    return environ


def _answer(response: HttpResponseBase) -> Answer:
    headers = [
        (name.lower().encode("latin-1"), str(value).encode("latin-1"))
        for name, value in response.items()
    ]
    headers += [
        (b"set-cookie", morsel.OutputString().encode("latin-1"))
        for morsel in response.cookies.values()
    ]
    wait = getattr(response, "wait", None)
    if isinstance(response, StreamingHttpResponse):
        spool, size = _spooled(iter(response))
        return Answer(response.status_code, headers, spool, size, wait)
    content = response.content  # type: ignore[attr-defined]
    return Answer(response.status_code, headers, content, len(content), wait)


def _spooled(chunks: Iterable[bytes]) -> tuple[IO[bytes], int]:
    """The content of a streamed response as a file, and its size in bytes."""
    spool = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115  (closed when it is sent)
    for chunk in chunks:
        spool.write(chunk)
    size = spool.tell()
    spool.seek(0)
    return spool, size
