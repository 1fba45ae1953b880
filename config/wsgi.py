"""The door for web servers: `granian --interface wsgi config.wsgi:application`."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterable
from importlib import import_module
from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

_django = get_wsgi_application()
# What is loaded by now, every page's code included, stays for good. Python's collector would look through all of it
# again and again, and each time some request would wait for it; frozen, it looks at what requests leave behind.
import_module(settings.ROOT_URLCONF)
gc.collect()
gc.freeze()

ROOM = 1 << 15  # words of a frame
LONGEST_CHUNKED = 2_621_441  # bytes; one more than Django accepts of any body, so that too long stays too long


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Django, which reads a body no further than its Content-Length: one sent in chunks has none, so it is measured."""
    if not environ.get("CONTENT_LENGTH") and "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower():
        body = _read(environ["wsgi.input"])
        environ |= {"wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(len(body))}
    answer: Iterable[bytes] = _django(environ, start_response)
    return answer


# CPython 3.11 and 3.12 keep frames in pieces of 16 KiB, and give a piece back once the first call in it has returned. A
# loop that calls across such an edge maps and unmaps memory at every turn, and it is chance which page has one: some
# took twice their time (https://github.com/python/cpython/issues/142183). A frame that claims a large piece leaves room
# in it for everything that it calls.
application.__code__ = application.__code__.replace(co_stacksize=ROOM)


def _read(stream: Any) -> bytes:
    parts, left = [], LONGEST_CHUNKED
    while left > 0 and (part := stream.read(min(left, 65_536))):
        parts.append(part)
        left -= len(part)
    return b"".join(parts)
