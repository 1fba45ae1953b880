"""Section 9's sandbox controls and scenarios, which live does not have (see ``cases.py``)."""

from __future__ import annotations

from typing import Any

from tests.contract.cases import BATCH, BUY, QUOTE, SELL, STATUS, Row, buying
from tests.contract.shapes import TIME, WHOLE
from tests.contract.ship_cases import SHIP_QUOTE, quoting

CLOCK, RESET = "POST /sandbox/clock", "POST /sandbox/reset"
UNCLEAR = "Send either advance_seconds, a whole number, or now, a time in ISO 8601"
BACK, FAR = (
    "The sandbox clock only moves forward",
    "The sandbox clock can be at most ten years ahead",
)
TIME_NOW = {"now": TIME, "ahead_seconds": WHOLE}

NOT_SECONDS: tuple[Any, ...] = (1.5, True, "60", [], {}, 10**30)
NOT_TIMES: tuple[Any, ...] = (5, True, "", "tomorrow", [], "0001-01-01T00:00:00+23:00")
CONTROLS = [
    Row(
        "a day on",
        CLOCK,
        {"advance_seconds": 86_400},
        200,
        {"now": TIME, "ahead_seconds": 86_400},
        "sandbox",
    ),
    Row("to a time", CLOCK, {"now": "<tomorrow>"}, 200, TIME_NOW, "sandbox"),
    Row(
        "no seconds on",
        CLOCK,
        {"advance_seconds": 0},
        200,
        {"now": TIME, "ahead_seconds": 0},
        "sandbox",
    ),
    Row("back by a second", CLOCK, {"advance_seconds": -1}, 400, BACK, "sandbox"),
    Row("back to a time", CLOCK, {"now": "2020-01-01T00:00:00Z"}, 400, BACK, "sandbox"),
    Row("too far on", CLOCK, {"advance_seconds": 10**10}, 400, FAR, "sandbox"),
    Row("to a time too far", CLOCK, {"now": "9999-12-31"}, 400, FAR, "sandbox"),
    Row("both", CLOCK, {"advance_seconds": 1, "now": "<tomorrow>"}, 400, UNCLEAR, "sandbox"),
    Row("nothing", CLOCK, {}, 400, UNCLEAR, "sandbox"),
    *[
        Row(f"seconds {bad!r}", CLOCK, {"advance_seconds": bad}, 400, UNCLEAR, "sandbox")
        for bad in NOT_SECONDS
    ],
    *[Row(f"now {bad!r}", CLOCK, {"now": bad}, 400, UNCLEAR, "sandbox") for bad in NOT_TIMES],
    Row("a reset", RESET, {}, 200, {"success": True} | TIME_NOW, "sandbox"),
    Row("the clock of live", CLOCK, {"advance_seconds": 1}, 404, "Not found", "live"),
    Row("a reset of live", RESET, {}, 404, "Not found", "live"),
]

ACTIVE = "Item already has an active buyback session"
IN_FLIGHT = "A buyback request for this item is already being processed"
IN_PROGRESS = "A request with this Idempotency-Key is in progress"
FAILED, FAULT, UNKNOWN = (
    "Transaction failed",
    "An unexpected error occurred",
    "Unknown X-Sandbox-Scenario",
)


def played(name: str, call: str, sent: Any, status: int, answer: Any) -> Row:
    """A scenario in the sandbox."""
    return Row(name, call, sent, status, answer, "sandbox", {"X-Sandbox-Scenario": name})


def line(error: str) -> dict[str, Any]:
    """The response of a batch whose single item has this outcome."""
    return {"results": ({"item_id": "<held>", "success": False, "error": error},)}


OFFER = {"item_id": "<held>", "eligible": False, "buyback_percent": 0.85, "expires_at": TIME}
UNSOLD = {
    "in_progress": OFFER | {"amount": 70.13, "fmv": 82.5, "reason": "in_progress"},
    "price_unavailable": OFFER | {"amount": None, "fmv": None, "reason": "price_unavailable"},
}
UNKNOWN_ITEM = dict.fromkeys(OFFER | UNSOLD["in_progress"]) | {
    "item_id": "x",
    "eligible": False,
    "reason": "not_found",
}
BEGUN = {
    "item_id": "<held>",
    "status": "pending",
    "amount": None,
    "created_at": TIME,
    "completed_at": None,
    "payout_id": None,
}
ITEM, ITEMS = {"item_id": "<held>"}, {"item_ids": ["<held>"]}
SCENARIOS = [
    played("transaction_failed", SELL, ITEM, 400, FAILED),
    played("active_session", SELL, ITEM, 400, ACTIVE),
    played("in_flight", SELL, ITEM, 429, IN_FLIGHT),
    played("internal_error", SELL, ITEM, 500, FAULT),
    played("transaction_failed", BATCH, ITEMS, 200, line(FAILED)),
    played("active_session", BATCH, ITEMS, 200, line(ACTIVE)),
    played("in_flight", BATCH, ITEMS, 200, line(IN_FLIGHT)),
    played("internal_error", BATCH, ITEMS, 500, FAULT),
    played("internal_error", BUY, buying(), 500, "Error during transaction"),
    played("internal_error", STATUS, {"session_id": "<session>"}, 500, FAULT),
    played("transaction_failed", STATUS, {"session_id": "<session>"}, 400, FAILED),
    played("pending", STATUS, {"session_id": "<session>"}, 200, {"status": "pending"}),
    played("internal_error", QUOTE, ITEMS, 500, FAULT),
    *[played(name, QUOTE, ITEMS, 200, {"quotes": (UNSOLD[name],)}) for name in UNSOLD],
    played("in_progress", QUOTE, {"item_ids": ["x"]}, 200, {"quotes": (UNKNOWN_ITEM,)}),
    played("pending", "GET /vm/buyback/<held>", None, 200, BEGUN),
    played(
        "failed",
        "GET /vm/buyback/<held>",
        None,
        200,
        BEGUN | {"status": "failed", "completed_at": TIME},
    ),
    *[
        played("internal_error", call, None, 500, FAULT)
        for call in (
            "GET /vm/available",
            "GET /vm/chase/tidewater-box",
            "GET /vm/recent-pulls",
            "GET /card/<held>",
            "GET /inventory/ada",
            "GET /vm/buyback/<sold>",
            "GET /buybacks",
            "GET /payouts",
            "GET /events",
        )
    ],
    played("internal_error", CLOCK, {"advance_seconds": 1}, 500, FAULT),
    played("internal_error", RESET, {}, 500, FAULT),
    *[
        played(bad, SELL, ITEM, 400, UNKNOWN)
        for bad in ("", "Transaction_Failed", "pending", "nothing")
    ],
    *[
        played("in_flight", call, sent, 409, IN_PROGRESS)
        for call, sent in (
            (BUY, buying()),
            (STATUS, {"session_id": "<session>"}),
            (CLOCK, {}),
            (RESET, {}),
        )
    ],
    played("in_flight", SHIP_QUOTE, quoting(), 409, IN_PROGRESS),
    played("nothing_shippable", SHIP_QUOTE, quoting(), 400, "No shippable items in request"),
    played("in_flight", QUOTE, ITEMS, 409, IN_PROGRESS),
    played("active_session", BUY, buying(), 400, UNKNOWN),
    played("transaction_failed", "GET /inventory/ada", None, 400, UNKNOWN),
]
