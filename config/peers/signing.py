"""Signatures of calls to a peer and of its responses: HMAC-SHA256 with a shared key.

Hexadecimal, over these lines joined by line feeds:

    request    X-Signature: t=<unix seconds>,n=<32 hex digits, never used before>,v1=<signature>
               "request", t, n, method, path as sent, body
    answer     X-Signature: v1=<signature>
               "answer", n of the request, method, path, status, body

So a response is valid for one request and cannot be replayed for another. The first key signs; a
response may be signed with any, so that both sides can change keys one after the other.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Sequence


def split(keys: str) -> tuple[str, ...]:
    """The keys of a setting: one, or several separated by commas, the newest first."""
    return tuple(key.strip() for key in keys.split(",") if key.strip())


class Signer:
    """Signs requests with the first of ``keys``, and checks responses with all of them."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._keys = [key.encode() for key in keys]

    def request(self, method: str, target: str, body: bytes) -> tuple[dict[str, str], str]:
        """The headers of a request, and its nonce."""
        moment, nonce = str(int(time.time())), secrets.token_hex(16)
        signature = _sign(self._keys[0], "request", moment, nonce, method, target, body=body)
        return {"X-Signature": f"t={moment},n={nonce},v1={signature}"}, nonce

    def is_answer(
        self, sent: str, *, nonce: str, method: str, target: str, status: int, body: bytes
    ) -> bool:
        """Whether the header ``sent`` signs this response to the request with ``nonce``."""
        lines = ("answer", nonce, method, target, str(status))
        valid = [f"v1={_sign(key, *lines, body=body)}".encode() for key in self._keys]
        given = sent.encode("latin-1", "replace")
        return any(hmac.compare_digest(given, expected) for expected in valid)


def _sign(key: bytes, *lines: str, body: bytes) -> str:
    text = b"\n".join([*(line.encode() for line in lines), body])
    return hmac.new(key, text, hashlib.sha256).hexdigest()
