"""Moving a sandbox's clock, which also closes the windows that have passed."""

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
    """Move the clock (``partners.tenants.sandbox.move_clock``, with its errors) and close windows.

    The next sweep would close them within 15 seconds, but a partner's test should not have to wait.
    If more than ``AT_ONCE`` windows have passed, the sweep closes the rest, so that the call's work
    is bounded.
    """
    moved = sandbox.move_clock(environment=environment, by=by, seconds=seconds, to=to)
    close_batch(environment=moved, batch=AT_ONCE)
    return moved
