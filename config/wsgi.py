"""The door for web servers: `granian --interface wsgi config.wsgi:application`."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

_django = get_wsgi_application()
LONGEST_CHUNKED = 2_621_441  # bytes; one more than Django accepts of any body, so that too long stays too long


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Django, which reads a body no further than its Content-Length: one sent in chunks has none, so it is measured."""
    if not environ.get("CONTENT_LENGTH") and "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower():
        body = _read(environ["wsgi.input"])
        environ |= {"wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(len(body))}
    answer: Iterable[bytes] = _django(environ, start_response)
    return answer


def _read(stream: Any) -> bytes:
    parts, left = [], LONGEST_CHUNKED
    while left > 0 and (part := stream.read(min(left, 65_536))):
        parts.append(part)
        left -= len(part)
    return b"".join(parts)
