"""The breakers of a live sale (``config/foundation/breaker.py``). Those of the oracle and of the
treasury's payments stand before the claim, so while one is open no item is taken out of anybody's
hands.

Questions about what became of a payment have a breaker of their own: a treasury that answers the
one and hangs at the other would else be forgiven each silence by an answer. It keeps no sale from
being made.
"""

from __future__ import annotations

from config.foundation.breaker import Breaker

ORACLE, TREASURY, QUESTIONS = Breaker(), Breaker(), Breaker()


def is_open() -> bool:
    """Whether a sale would ask somebody who has not been answering: better a quick no than a stuck
    sale.
    """
    return ORACLE.is_open() or TREASURY.is_open()
