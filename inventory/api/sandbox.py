"""The partner API's door to the sandbox's controls (contract, section 9). Live has no such
routes.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from config.foundation.clock import iso
from config.foundation.codes import Code
from config.foundation.errors import Refusal
from inventory.windows.sandbox_clock import move_clock
from partners.api.query import parsed_moment
from partners.api.views import ActionView
from partners.models import Environment, IdempotencyKey
from partners.records import idempotency
from partners.tenants.sandbox import reset

MOST_SECONDS = 10**15  # far beyond what is refused as too far


class ClockUnclear(Refusal):
    """Not exactly one of the two ways to say where the clock shall go."""

    code = Code.CLOCK_UNCLEAR
    sentence = "Send either advance_seconds, a whole number, or now, a time in ISO 8601"


def clock_body(environment: Environment) -> dict[str, Any]:
    """The sandbox's time, and how far it is ahead of the real one."""
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
        return {"success": True} | clock_body(reset(environment=self.environment, by=self.actor))

    def answer_once(self, key: str, fingerprint: bytes, sent: dict[str, Any]) -> idempotency.Answer:
        """The answer is kept where the key will be looked for next: in the sandbox that took this
        one's place.
        """
        with transaction.atomic():
            answer = super().answer_once(key, fingerprint, sent)
            here = self.environment
            new = Environment.objects.get(partner=here.partner, mode=here.mode)
            IdempotencyKey.objects.filter(environment=here, key=key).update(environment=new)
        return answer


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < MOST_SECONDS


def _moment(value: object) -> datetime | None:
    """A time; None for none. Raises ClockUnclear for anything else."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise ClockUnclear
    try:
        return parsed_moment(value)
    except ValueError:
        raise ClockUnclear from None
