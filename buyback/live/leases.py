"""How long a process may work on a sellback before another may take over.

Leases are as short as the peers' time limits allow, because a dead worker's sellbacks wait for
them. They concern only time, not money: a process that exceeds its lease is stopped by the
sellback's own guards (the claim's token, the key bound to the row, one reference at the treasury),
so nothing is paid twice.
"""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings

# Time for the database between two calls, including lock waits: the web's longest statement.
MARGIN = timedelta(seconds=10)
LONGEST = timedelta(seconds=30)  # of one step; reached with a TREASURY_TIMEOUT of 20 seconds


def step() -> timedelta:
    """From one step of a sellback to the next, with one call to the slower peer."""
    slower = max(settings.ORACLE_TIMEOUT, settings.TREASURY_TIMEOUT)
    return min(timedelta(seconds=slower) + MARGIN, LONGEST)


def sale() -> timedelta:
    """A whole sellback with both peers. 17 seconds with the default timeouts."""
    return min(timedelta(seconds=settings.ORACLE_TIMEOUT) + step(), 2 * LONGEST)


def key() -> timedelta:
    """From taking an idempotency key to the claim.

    An earlier sellback of the item may have to be resolved first, which asks the treasury twice.
    """
    return min(timedelta(seconds=settings.TREASURY_TIMEOUT) + step(), 2 * LONGEST)
