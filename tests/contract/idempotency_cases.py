"""The Idempotency-Key of section 9, as stories of calls with their responses.

``Call(sent, status, answer, replayed)`` goes to the story's endpoint with the story's key unless it
names others. ``<name>`` is as in ``cases.py``. ``...`` as a status or an answer means the same as
in the first call.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.contract.cases import BUY, QUOTE, SELL, STATUS, buying

REUSED = "Idempotency-Key was used with a different request"
INVALID = "Invalid Idempotency-Key"
SOLD = {"success": True, "amount": 70.13}


@dataclass(frozen=True)
class Call:
    """One call of a story."""

    sent: Any
    status: Any = ...
    answer: Any = ...
    replayed: bool = False
    call: str = ""  # an endpoint other than the story's
    key: str = "the key"


@dataclass(frozen=True)
class Story:
    """Calls in order; ``sales`` and ``purchases`` are the resulting numbers."""

    when: str
    call: str
    calls: tuple[Call, ...]
    sales: int = 0
    purchases: int = 0


HELD = {"item_id": "<held>"}
STORIES = [
    Story(
        "a sale is asked for again",
        SELL,
        (Call(HELD, 200, SOLD), Call(HELD, replayed=True), Call(HELD, replayed=True)),
        1,
    ),
    Story(
        "the same values in another order and spelling",
        SELL,
        (
            Call(b'{"item_id": "<held>", "n": 1}', 200, SOLD),
            Call(b' { "n" : 1.0,"item_id":"<held>" } ', replayed=True),
        ),
        1,
    ),
    Story(
        "another item",
        SELL,
        (
            Call(HELD, 200, SOLD),
            Call({"item_id": "<piped>"}, 422, REUSED),
            Call(HELD, 200, SOLD, True),
        ),
        1,
    ),
    Story(
        "an extra field",
        SELL,
        (Call(HELD, 200, SOLD), Call(HELD | {"claw_id": "x"}, 422, REUSED)),
        1,
    ),
    Story(
        "true for 1",
        SELL,
        (Call(HELD | {"n": 1}, 200, SOLD), Call(HELD | {"n": True}, 422, REUSED)),
        1,
    ),
    Story("another route", SELL, (Call(HELD, 200, SOLD), Call(HELD, 422, REUSED, call=BUY)), 1),
    Story(
        "two keys are two requests",
        SELL,
        (Call(HELD, 200, SOLD), Call(HELD, 400, "Item not found", key="other")),
        1,
    ),
    Story(
        "a refusal by rule is kept",
        SELL,
        (
            Call({"item_id": "<expired>"}, 400, "Item has expired"),
            Call({"item_id": "<expired>"}, replayed=True),
        ),
    ),
    Story(
        "a malformed body is an empty object, and kept as one",
        SELL,
        (Call(b"{", 400, "Item not found"), Call({}, replayed=True), Call(HELD, 422, REUSED)),
    ),
    Story(
        "a purchase is asked for again",
        BUY,
        (Call(buying(), 200), Call(buying(), replayed=True)),
        purchases=1,
    ),
    Story(
        "another amount",
        BUY,
        (
            Call(buying(), 200),
            Call(buying(amount=2), 422, REUSED),
            Call(buying(user_id="bob"), 422, REUSED),
        ),
        purchases=1,
    ),
    Story(
        "a refused purchase is kept",
        BUY,
        (
            Call(buying(id="<empty>"), 400, "Claw machine is out of stock"),
            Call(buying(id="<empty>"), replayed=True),
            Call(buying(), 422, REUSED),
        ),
    ),
    Story(
        "any POST may carry one",
        STATUS,
        (Call({"session_id": "<session>"}, 200), Call({"session_id": "<session>"}, replayed=True)),
    ),
    Story(
        "a repeated quote returns the first price",
        QUOTE,
        (
            Call({"item_ids": ["<held>"]}, 200),
            Call({"item_ids": ["<held>"]}, replayed=True),
            Call({"item_ids": []}, 422, REUSED),
        ),
    ),
    *[
        Story(f"the key is {what}", call, (Call(sent, 400, INVALID, key=key),))
        for what, key in {
            "empty": "",
            "256 characters long": "k" * 256,
            "holding a tab": "a\tb",
            "not ASCII": "cl\xe9",
            "holding DEL": "a\x7fb",
        }.items()
        for call, sent in ((SELL, HELD), (BUY, buying()))
    ],
    *[
        Story(
            f"the key is {what}",
            SELL,
            (Call(HELD, 200, SOLD, key=key), Call(HELD, key=key, replayed=True)),
            1,
        )
        for what, key in {
            "one character": "k",
            "255 characters": "k" * 255,
            "signs and spaces": "a b!~#%\"'",
        }.items()
    ],
]
