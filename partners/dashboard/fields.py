"""Values in the address of a list: text, days and amounts. Invalid ones count as not given."""

from __future__ import annotations

from datetime import date
from decimal import Decimal, InvalidOperation

from config.foundation.money import LIMIT

LONGEST = 1000  # characters of a text


def text(written: str, longest: int = LONGEST) -> str:
    """A text without blanks around it. NUL, which no column can contain, is replaced."""
    return written.strip()[:longest].replace("\0", "\ufffd")


def day(written: str) -> date | None:
    """A day from a date field; None for any other text."""
    try:
        return date.fromisoformat(written)
    except ValueError:
        return None


def amount(written: str) -> Decimal | None:
    """An amount in USD; None for any other text."""
    try:
        found = Decimal(written.strip().removeprefix("$").replace(",", ""))
    except InvalidOperation:
        return None
    return found if found.is_finite() and 0 <= found < LIMIT else None
