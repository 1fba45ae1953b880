"""Circuit breakers of live sellbacks (``config/peers/breaker.py``).

Those of the oracle and of payments are checked before the claim, so while one is open no item is
claimed. Status requests have a separate breaker: otherwise one healthy endpoint would reset the
other's failure count. An open one does not prevent sellbacks.
"""

from __future__ import annotations

from config.peers.breaker import Breaker

ORACLE, TREASURY, QUESTIONS = Breaker(), Breaker(), Breaker()


def is_open() -> bool:
    """Whether a sellback would call a peer with an open breaker, so it is refused early."""
    return ORACLE.is_open() or TREASURY.is_open()
