"""Names of partners and keys."""

from __future__ import annotations

from config.foundation.codes import Code
from config.foundation.errors import Refusal


class BadName(Refusal):
    """The name is empty, too long, or has unprintable characters."""

    code = Code.INVALID_NAME


def clean_name(text: str, *, limit: int) -> str:
    """``text`` without surrounding blanks: 1 to ``limit`` printable characters. Raises BadName."""
    name = text.strip()
    if not name:
        raise BadName("A name is required")
    if len(name) > limit:
        raise BadName(f"A name has at most {limit} characters")
    if not name.isprintable():
        raise BadName("A name has printable characters only")
    return name
