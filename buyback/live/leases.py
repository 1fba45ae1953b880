"""How long a process has for its work on a sale before another one may take the work over.

A lease is as short as the peers' time limits allow, because a dead worker's sales wait for its end.
It is only a matter of time, not of money: a process that overruns its lease meets the sale's own
guards (the claim's token, the key bound to the sale, one reference at the treasury), so nothing is
paid twice.
"""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings

# For the database between two calls, which may wait for a lock: the web's longest statement.
MARGIN = timedelta(seconds=10)
LONGEST = timedelta(seconds=30)  # of one step; reached with a TREASURY_TIMEOUT of 20 seconds


def step() -> timedelta:
    """From one step of a sale to the next: one of the peers is asked meanwhile, the slower at
    most.
    """
    slower = max(settings.ORACLE_TIMEOUT, settings.TREASURY_TIMEOUT)
    return min(timedelta(seconds=slower) + MARGIN, LONGEST)


def sale() -> timedelta:
    """A whole sale, both peers asked. 17 seconds with the default timeouts."""
    return min(timedelta(seconds=settings.ORACLE_TIMEOUT) + step(), 2 * LONGEST)


def key() -> timedelta:
    """From taking an idempotency key to the claim: an earlier sale of the item may have to be
    resolved first, which asks the treasury twice.
    """
    return min(timedelta(seconds=settings.TREASURY_TIMEOUT) + step(), 2 * LONGEST)
