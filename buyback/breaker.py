"""The breakers of a live sale (``config/breaker.py``). They stand before the claim, so while one is open no item is
taken out of anybody's hands.
"""

from __future__ import annotations

from config.breaker import Breaker

ORACLE, TREASURY = Breaker(), Breaker()


def is_open() -> bool:
    """Whether the oracle or the treasury has not been answering: better a quick no than a stuck sale."""
    return ORACLE.is_open() or TREASURY.is_open()
