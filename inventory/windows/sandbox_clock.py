"""A sandbox's clock, and what follows it: windows that have passed by the new time are closed."""

from __future__ import annotations

from datetime import datetime

from inventory.windows.sweep import close_batch
from partners.models import Environment
from partners.records.actor import Actor
from partners.tenants import sandbox

AT_ONCE = 300  # windows that the call itself closes


def move_clock(
    *, environment: Environment, by: Actor, seconds: int | None = None, to: datetime | None = None
) -> Environment:
    """Move the clock (``partners.tenants.sandbox.move_clock``, with its errors) and close windows
    that it has passed.

    The next sweep would close them as well, within 15 seconds; a partner's test need not wait for
    it. Of a sandbox with more than ``AT_ONCE`` such windows the sweep closes the rest, so that one
    call has bounded work.
    """
    moved = sandbox.move_clock(environment=environment, by=by, seconds=seconds, to=to)
    close_batch(environment=moved, batch=AT_ONCE)
    return moved
