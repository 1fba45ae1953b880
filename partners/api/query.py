"""Query parameters of a GET, read strictly: an invalid filter must not return every row."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from config.foundation.codes import Code
from config.foundation.errors import Refusal

WHOLE = re.compile(r"[+-]?[0-9]{1,18}", re.ASCII)


class InvalidFilter(Refusal):
    """The filter has an unknown value."""

    code = Code.INVALID_FILTER

    def __init__(self, name: str) -> None:
        super().__init__(f"Invalid {name}")


def clamped(text: str | None, *, default: int, low: int, high: int) -> int:
    """A whole number, limited to ``low`` and ``high``; ``default`` if it is not a number."""
    if text is None or not WHOLE.fullmatch(text):
        return default
    return max(low, min(high, int(text)))


def parsed_moment(text: str) -> datetime:
    """A time in ISO 8601, UTC unless it says otherwise. Raises ValueError."""
    found = datetime.fromisoformat(text)
    try:
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except OverflowError as error:  # before the year 1 or after 9999
        raise ValueError(text) from error


def moment(sent: Mapping[str, str], name: str) -> datetime | None:
    """The time sent as ``name``, or None. Raises InvalidFilter."""
    if name not in sent:
        return None
    try:
        return parsed_moment(sent[name])
    except ValueError:
        raise InvalidFilter(name) from None


def one_of(sent: Mapping[str, str], name: str, known: Iterable[str]) -> str | None:
    """One of the known words, or None if not sent. Raises InvalidFilter."""
    if name not in sent:
        return None
    if sent[name] not in known:
        raise InvalidFilter(name)
    return sent[name]
