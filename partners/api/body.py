"""The body of an API call, read strictly.

Anything other than one JSON object counts as an empty object, so that the endpoint answers with its
own "missing field" error (contract, section 1). Strict means: UTF-8, no NaN or Infinity, no
duplicate key, no NUL or lone surrogate in a string, and limits for numbers and nesting.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from typing import Any

from rest_framework.request import Request

from config.foundation.errors import BodyTooLarge
from config.web.handler import TOO_LARGE

MAX_BYTES = 64 * 1024
MAX_DIGITS = 1000  # of one number
MAX_DEPTH = 64  # of nested lists and objects


class _Malformed(ValueError):
    """JSON that the API does not accept."""


def take(request: Request) -> bytes:
    """The raw body. Raises BodyTooLarge above 64 KiB."""
    raw: bytes = request.read(MAX_BYTES + 1)
    if len(raw) > MAX_BYTES or request.META.get(TOO_LARGE):
        raise BodyTooLarge
    return raw


def parsed(request: Request, raw: bytes) -> dict[str, Any]:
    """The JSON object in ``raw``, or an empty one."""
    kind = str(request.META.get("CONTENT_TYPE", "")).partition(";")[0].strip().lower()
    if kind != "application/json":
        return {}
    try:
        return _parse(raw)
    except (ValueError, RecursionError):  # UnicodeError and JSONDecodeError are ValueErrors
        return {}


def _parse(raw: bytes) -> dict[str, Any]:
    parsed = json.loads(
        raw.decode("utf-8"),
        object_pairs_hook=_object,
        parse_int=_integer,
        parse_float=_real,
        parse_constant=_constant,
    )
    if not isinstance(parsed, dict) or _is_deeper(parsed, MAX_DEPTH):
        raise _Malformed
    if b"\\u" in raw:  # only an escape can produce NUL or a surrogate
        text = json.dumps(parsed, ensure_ascii=False)
        text.encode("utf-8")  # fails on a lone surrogate
        if "\\u0000" in text and _holds_nul(parsed):
            raise _Malformed
    return parsed


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Malformed
    return found


def _integer(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise _Malformed
    return int(text)


def _real(text: str) -> float:
    number = float(text)
    if len(text) > MAX_DIGITS or not math.isfinite(number):
        raise _Malformed
    return number


def _constant(text: str) -> float:
    raise _Malformed


def _is_deeper(value: Any, depth: int) -> bool:
    """Whether lists and objects are nested more than ``depth`` deep."""
    level = [value]
    for _ in range(depth):
        level = [one for outer in level for one in _inner(outer) if isinstance(one, (dict, list))]
        if not level:
            return False
    return True


def _inner(value: dict[str, Any] | list[Any]) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else value


def _holds_nul(value: Any) -> bool:
    if isinstance(value, dict):
        return any("\0" in key or _holds_nul(inner) for key, inner in value.items())
    if isinstance(value, list):
        return any(map(_holds_nul, value))
    return isinstance(value, str) and "\0" in value
