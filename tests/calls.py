"""Rows of the request log."""

from __future__ import annotations

from typing import Any

from partners.models import ApiCall, Environment, LostCalls
from tests.world import NOW, make_key


def make_call(environment: Environment, **fields: Any) -> ApiCall:
    """A logged quote, with a new key by default."""
    return ApiCall.objects.create(
        **{
            "environment": environment,
            "key": fields.get("key") or make_key(environment)[0],
            "method": "POST",
            "path": "/vm/buyback/quote",
            "status": 200,
            "microseconds": 4_200,
            "request_id": f"request-{ApiCall.objects.count()}",
            "sent": '{"itemIds":["a"]}',
            "answered": '{"quotes":[]}',
            "created_at": NOW,
        }
        | fields
    )


def make_lost_calls(environment: Environment, **fields: Any) -> LostCalls:
    """Three calls of a day that the log lost."""
    return LostCalls.objects.create(
        **{"environment": environment, "day": NOW.date(), "calls": 3} | fields
    )
