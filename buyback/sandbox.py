"""A sandbox's clock, and what follows it at once: windows that have closed by the new time are closed."""

from __future__ import annotations

from datetime import datetime

from buyback.expiry import close_windows
from partners import sandbox
from partners.actor import Actor
from partners.models import Environment


def move_clock(
    *, environment: Environment, by: Actor, seconds: int | None = None, to: datetime | None = None
) -> Environment:
    """Move the clock (``partners.sandbox.move_clock``, with its errors) and close the windows that it has passed.

    The clock's next sweep would close them as well; a partner's test need not wait for it.
    """
    moved = sandbox.move_clock(environment=environment, by=by, seconds=seconds, to=to)
    close_windows(environment=moved)
    return moved
