"""Size limits of requests by path, and refusals by the server itself, before Django."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterable

from django.conf import settings

from config.foundation.codes import HEADER, Code

API = (b"/api/v1/", b"/_/api/v1/")
KIB, MIB = 1024, 1024 * 1024
API_BODY = 64 * KIB  # contract, section 1
MULTIPART = 64 * KIB  # overhead of a form around its file
SANE_REQUEST_ID = re.compile(r"[ -~]{1,128}")  # printable ASCII (contract, section 1)

Header = tuple[bytes, bytes]
# Defaults for every response: it may load nothing, be framed nowhere, and use no device.
SAFE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Permissions-Policy": (
        "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(),"
        " magnetometer=(), microphone=(), midi=(), payment=(), serial=(), usb=()"
    ),
}


def is_api(path: bytes) -> bool:
    """Whether the path belongs to the partner API."""
    return path.startswith(API)


def body_limit(path: bytes) -> int:
    """The largest body that this path accepts, in bytes."""
    if is_api(path):
        return API_BODY
    if path.startswith(b"/%sinventory/card/import/" % settings.ADMIN_PATH.encode()):
        return int(settings.MAX_IMPORT_BYTES) + MULTIPART
    return int(settings.MAX_FORM_BYTES)


def request_id(sent: str) -> str:
    """The caller's request id if it is valid, else a new UUID."""
    return sent if SANE_REQUEST_ID.fullmatch(sent) else str(uuid.uuid4())


def id_for(headers: Iterable[Header]) -> Header:
    """The response's ``X-Request-Id``, from the request's headers."""
    sent = next((value for name, value in headers if name == b"x-request-id"), b"")
    return (b"x-request-id", request_id(sent.decode("latin-1")).encode())


def refusal(
    path: bytes, sentence: str, code: Code, sent: Iterable[Header]
) -> tuple[list[Header], bytes]:
    """Headers and body of a refusal by the server itself: JSON for the API, a sentence for people.

    ``sent``: the headers of the refused request.
    """
    if is_api(path):
        kind, body = b"application/json", json.dumps({"error": sentence}).encode()
    else:
        kind, body = b"text/plain; charset=utf-8", f"{sentence}\n".encode()
    headers = [
        (b"content-type", kind),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (HEADER.lower().encode(), code.encode()),
        id_for(sent),
        *((name.lower().encode(), value.encode()) for name, value in SAFE_HEADERS.items()),
    ]
    return headers, body
