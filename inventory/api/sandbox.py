"""API endpoints that control a sandbox (contract, section 9). Live has none of these routes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from config.foundation.clock import iso
from config.foundation.codes import Code
from config.foundation.errors import Refusal
from inventory.windows.sandbox_clock import move_clock
from partners.api.query import parsed_moment
from partners.api.views import ActionView
from partners.models import Environment
from partners.tenants.sandbox import reset

MOST_SECONDS = 10**15  # far beyond the limit for clocks


class ClockUnclear(Refusal):
    """The body must have exactly one of the two ways to set the clock."""

    code = Code.CLOCK_UNCLEAR
    sentence = "Send either advance_seconds, a whole number, or now, a time in ISO 8601"


def clock_body(environment: Environment) -> dict[str, Any]:
    """The sandbox's time, and how far it is ahead of real time."""
    return {
        "now": iso(environment.now()),
        "ahead_seconds": int(environment.clock_offset.total_seconds()),
    }


class Clock(ActionView):
    """``POST /sandbox/clock``: move this sandbox's clock forward."""

    def act(self, sent: dict[str, Any]) -> dict[str, Any]:
        seconds, to = sent.get("advance_seconds"), _moment(sent.get("now"))
        if (seconds is None) == (to is None) or not (seconds is None or _is_whole(seconds)):
            raise ClockUnclear
        return clock_body(
            move_clock(environment=self.environment, by=self.actor, seconds=seconds, to=to)
        )


class Reset(ActionView):
    """``POST /sandbox/reset``: empty this sandbox."""

    def act(self, sent: dict[str, Any]) -> dict[str, Any]:
        new = reset(environment=self.environment, by=self.actor)
        # The response is stored in the new sandbox, where a retry will look for it.
        self.turn.environment = new
        return {"success": True} | clock_body(new)


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < MOST_SECONDS


def _moment(value: object) -> datetime | None:
    """A time, or None. Raises ClockUnclear for any other value."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise ClockUnclear
    try:
        return parsed_moment(value)
    except ValueError:
        raise ClockUnclear from None
