"""A row of the request log."""

from __future__ import annotations

from typing import Any

from partners.models import ApiCall, Environment
from tests.world import NOW, make_key


def make_call(environment: Environment, **fields: Any) -> ApiCall:
    """A quote that was given, by a new key unless told."""
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
