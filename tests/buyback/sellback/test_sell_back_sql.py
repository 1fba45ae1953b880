"""The sellback's statement as it is sent."""

from __future__ import annotations

from psycopg._queries import MAX_CACHED_STATEMENT_LENGTH

from buyback.sellback.sell_back import NOT_WAITING, WAITING


def test_it_is_short_enough_to_be_read_once() -> None:
    """With a longer statement, psycopg would parse its parameters on every call."""
    assert max(len(WAITING), len(NOT_WAITING)) <= MAX_CACHED_STATEMENT_LENGTH
    assert "--" not in WAITING
    assert WAITING.replace("/* wait or NOWAIT */", "NOWAIT") == NOT_WAITING
