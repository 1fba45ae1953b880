"""Section 9's histories: filters, refusals and the shape of a row (see ``cases.py``)."""

from __future__ import annotations

from typing import Any

from tests.contract.cases import Row
from tests.contract.shapes import NUMBER, TEXT, TIME, USD, UUID, Kind, nullable, one_of

BUYBACKS, PAYOUTS, EVENTS = "GET /buybacks", "GET /payouts", "GET /events"
BUYBACK = {
    "id": UUID,
    "item_id": TEXT,
    "user_id": TEXT,
    "status": one_of("pending", "completed", "failed"),
    "amount": nullable(USD),
    "fmv": nullable(USD),
    "buyback_percent": NUMBER,
    "created_at": TIME,
    "completed_at": nullable(TIME),
    "payout_id": nullable(UUID),
    "requested_by": TEXT,
}
PAYOUT = {
    "id": UUID,
    "buyback_id": UUID,
    "item_id": TEXT,
    "user_id": TEXT,
    "status": one_of("pending", "paid", "failed"),
    "amount": USD,
    "created_at": TIME,
    "paid_at": nullable(TIME),
}
EVENT = {
    "id": UUID,
    "type": TEXT,
    "created_at": TIME,
    "data": Kind("object", lambda value: isinstance(value, dict)),
}


def page(*rows: Any) -> dict[str, Any]:
    """A whole history with exactly these rows."""
    return {"data": rows, "next_cursor": None}


ADAS = BUYBACK | {"user_id": "ada", "item_id": "<sold>", "status": "completed", "amount": 70.13}
BOBS = BUYBACK | {"user_id": "bob", "status": "completed"}
PENDING = BUYBACK | {"item_id": "<selling>", "status": "pending", "amount": None, "payout_id": None}
PAID = PAYOUT | {"status": "paid", "amount": 70.13}

HISTORY = [
    Row("all", BUYBACKS, None, 200, {"data": [BUYBACK], "next_cursor": None}),
    Row("completed", f"{BUYBACKS}?status=completed", None, 200, page(BOBS, ADAS)),
    Row("pending", f"{BUYBACKS}?status=pending", None, 200, page(PENDING), "live"),
    Row("pending", f"{BUYBACKS}?status=pending", None, 200, page(), "sandbox"),
    Row("failed", f"{BUYBACKS}?status=failed", None, 200, page()),
    Row("a user's", f"{BUYBACKS}?user_id=bob", None, 200, page(BOBS)),
    Row("an item's", f"{BUYBACKS}?item_id=<sold>", None, 200, page(ADAS)),
    Row(("an item's and another "
        "user's"), f"{BUYBACKS}?item_id=<sold>&user_id=bob", None, 200, page()),
    Row("nobody's", f"{BUYBACKS}?user_id=nobody", None, 200, page()),
    Row("an impossible user's", f"{BUYBACKS}?user_id=a%00", None, 200, page()),
    Row("an impossible item's", f"{BUYBACKS}?item_id=a%00", None, 200, page()),
    Row("another partner's item's", f"{BUYBACKS}?item_id=<another partner's>", None, 200, page()),
    Row("another partner's user's", f"{BUYBACKS}?user_id=zoe", None, 200, page()),
    Row("before time began", f"{BUYBACKS}?created_to=2020-01-01", None, 200, page()),
    Row(("since "
        "then"), f"{BUYBACKS}?created_from=2020-01-01T00:00:00Z&status=completed", None, 200,
        page(BOBS, ADAS)),
    Row(("in days to "
        "come"), f"{BUYBACKS}?created_from=2999-01-01T00:00:00%2B02:00", None, 200, page()),
    Row("an unknown filter is ignored", f"{BUYBACKS}?colour=red&status=failed", None, 200, page()),
    Row("all", PAYOUTS, None, 200, page(PAID | {"user_id": "bob"}, PAID | {"user_id": "ada",
    "item_id": "<sold>"})),
    Row("a user's", f"{PAYOUTS}?user_id=ada", None, 200, page(PAID | {"user_id": "ada"})),
    Row("an item's", f"{PAYOUTS}?item_id=<sold>", None, 200, page(PAID | {"item_id": "<sold>"})),
    Row("paid", f"{PAYOUTS}?status=paid&user_id=bob", None, 200, page(PAID | {"user_id": "bob"})),
    Row("failed", f"{PAYOUTS}?status=failed", None, 200, page()),
    Row("all", EVENTS, None, 200, page(EVENT, EVENT)),
    Row(("of a "
        "type"), f"{EVENTS}?type=buyback.completed&created_from=2020-01-01", None, 200, page(EVENT,
        EVENT)),
    Row("of another type", f"{EVENTS}?type=item.pulled", None, 200, page()),
    *[
        Row(f"an unknown {name}", f"{call}?{name}={bad}", None, 400, f"Invalid {name}")
        for call, name, bad in (
            (BUYBACKS, "status", "settled"),
            (BUYBACKS, "status", ""),
            (PAYOUTS, "status", "completed"),
            (EVENTS, "type", "item.lost"),
            (BUYBACKS, "created_from", "yesterday"),
            (PAYOUTS, "created_to", ""),
            (EVENTS, "created_to", "0001-01-01T00:00:00%2B23:00"),
            (EVENTS, "created_from", "a%00"),
        )
    ],
    *[
        Row(f"the cursor {bad[:9]!r}", f"{call}?cursor={bad}", None, 400, "Invalid cursor")
        for call in (BUYBACKS, PAYOUTS, EVENTS)
        for bad in ("", "x", "%00", "x" * 3000, "W10:1sX:abc")
    ],
]  # fmt: skip
