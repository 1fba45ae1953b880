"""How large a request may be, by its path, and how the server refuses before Django is involved."""

from __future__ import annotations

import json
import uuid

from django.conf import settings

API = (b"/api/v1/", b"/_/api/v1/")
KIB, MIB = 1024, 1024 * 1024
API_BODY = 64 * KIB  # contract, section 1
MULTIPART = 64 * KIB  # what a form adds around its file


def is_api(path: bytes) -> bool:
    """Whether the partner API answers this path."""
    return path.startswith(API)


def body_limit(path: bytes) -> int:
    """The largest body this path accepts, in bytes."""
    if is_api(path):
        return API_BODY
    if path.startswith(b"/%sinventory/card/import/" % settings.ADMIN_PATH.encode()):
        return int(settings.MAX_IMPORT_BYTES) + MULTIPART
    return int(settings.MAX_FORM_BYTES)


def refusal(path: bytes, status: int, sentence: str, code: str) -> tuple[list[tuple[bytes, bytes]], bytes]:
    """Headers and body of a refusal by the server itself: JSON for the API, a sentence for people."""
    if is_api(path):
        kind, body = b"application/json", json.dumps({"error": sentence}).encode()
    else:
        kind, body = b"text/plain; charset=utf-8", f"{sentence}\n".encode()
    headers = [
        (b"content-type", kind),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"x-error-code", code.encode()),
        (b"x-request-id", str(uuid.uuid4()).encode()),
    ]
    return headers, body
