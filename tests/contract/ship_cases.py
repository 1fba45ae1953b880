"""Section 7, shipping, and its sandbox control in section 9 (see ``cases.py``)."""

from __future__ import annotations

from typing import Any

from tests.contract.cases import Row
from tests.contract.shapes import ADDRESS as URL
from tests.contract.shapes import FLAG, TEXT, TIME, USD, WHOLE, nullable, text_like
from tests.shipments import ADDRESS

SHIP_QUOTE, SHIP, ORDER = "POST /ship/quote", "POST /ship/request", "GET /ship/order/<order>"
ADVANCE = "POST /sandbox/orders/<order>/advance"
ULID = "[0-9A-HJKMNP-TV-Z]{26}"

NO_IDS, NO_ITEM, NO_ADDRESS = (
    "item_ids is required",
    "Item not found",
    "Invalid destination address",
)
NO_COUNTRY, NO_QUOTE_ID, EXPIRED = "Country not supported", "quote_id is required", "Quote expired"
SHIPPED, NO_ORDER, NO_STEP = (
    "Item already shipped",
    "Order not found",
    "Order cannot be moved to this status",
)


def to(**changes: Any) -> dict[str, Any]:
    """A valid address with these changes; ``...`` removes a field."""
    return {name: value for name, value in (ADDRESS | changes).items() if value is not ...}


def quoting(*ids: Any, **changes: Any) -> dict[str, Any]:
    """The body of a quote for these items, by default the held one."""
    return {"item_ids": list(ids or ("<held>",)), "destination": to(**changes)}


def refused(details: str, **suggested: Any) -> dict[str, Any]:
    """The only envelope with more than an error."""
    return {"error": NO_ADDRESS, "details": details} | (
        {"suggested": to(**suggested)} if suggested else {}
    )


RATE = {
    "id": text_like(f"quote_{ULID}_rate_[a-z]+"),
    "carrier": TEXT,
    "service": TEXT,
    "amount": USD,
    "estimated_days_min": WHOLE,
    "estimated_days_max": WHOLE,
    "insured": FLAG,
}
QUOTED = {"session_id": text_like(f"quote_{ULID}"), "expires_at": TIME, "quotes": [RATE]}
NOT_IDS: tuple[Any, ...] = (
    None,
    [],
    "",
    "<held>",
    7,
    {},
    True,
    [1],
    [None],
    ["<held>", 1],
    ["<held>"] * 101,
)
NOT_TEXTS: tuple[Any, ...] = (7, True, [], {}, "x" * 256, "a\nb")
NOT_DESTINATIONS: tuple[Any, ...] = (None, "", "here", 7, [], True)
REQUIRED = ("name", "line1", "city", "country")
NO_TEXT = " is not a text of at most 255 characters"
SINGAPORE = quoting(country="SG", state=..., postal_code="018956")
NOWHERE = refused("destination is required")

QUOTES = [
    Row("one item", SHIP_QUOTE, quoting(), 200, QUOTED),
    Row("two", SHIP_QUOTE, quoting("<held>", "<piped>"), 200, QUOTED),
    Row("one twice", SHIP_QUOTE, quoting("<held>", "<held>"), 200, QUOTED),
    Row("its window has closed", SHIP_QUOTE, quoting("<expired>"), 200, QUOTED),
    Row("a state by its name", SHIP_QUOTE, quoting(state="California"), 200, QUOTED),
    Row("small letters", SHIP_QUOTE, quoting(country="us", state="ca"), 200, QUOTED),
    Row(
        "no state where there is none",
        SHIP_QUOTE,
        quoting(country="SG", state=..., postal_code="018956"),
        200,
        QUOTED,
    ),
    Row("no phone, no e-mail", SHIP_QUOTE, quoting(phone=..., email=..., line2=...), 200, QUOTED),
    *[
        Row(f"item_ids {bad!r:.30}", SHIP_QUOTE, quoting() | {"item_ids": bad}, 400, NO_IDS)
        for bad in NOT_IDS
    ],
    *[
        Row(
            f"destination {bad!r}",
            SHIP_QUOTE,
            quoting() | {"destination": bad},
            400,
            refused("destination is required"),
        )
        for bad in NOT_DESTINATIONS
    ],
    *[
        Row(
            f"no {field}", SHIP_QUOTE, quoting(**{field: ...}), 400, refused(f"{field} is required")
        )
        for field in REQUIRED
    ],
    *[
        Row(
            f"blank {field}",
            SHIP_QUOTE,
            quoting(**{field: " "}),
            400,
            refused(f"{field} is required"),
        )
        for field in REQUIRED
    ],
    *[
        Row(f"line2 {bad!r:.20}", SHIP_QUOTE, quoting(line2=bad), 400, refused(f"line2{NO_TEXT}"))
        for bad in NOT_TEXTS
    ],
    Row(
        "another state's code",
        SHIP_QUOTE,
        quoting(state="NY"),
        400,
        refused("postal_code is invalid", state="CA"),
    ),
    Row("no state", SHIP_QUOTE, quoting(state=""), 400, refused("state is required", state="CA")),
    Row(
        "a misspelt state",
        SHIP_QUOTE,
        quoting(state="Califronia"),
        400,
        refused("state is invalid", state="CA"),
    ),
    Row(
        "no postal code",
        SHIP_QUOTE,
        quoting(postal_code=""),
        400,
        refused("postal_code is required"),
    ),
    Row(
        "no such postal code",
        SHIP_QUOTE,
        quoting(postal_code="ABC"),
        400,
        refused("postal_code is invalid"),
    ),
    Row(
        "a postal code without its hyphen",
        SHIP_QUOTE,
        quoting(country="PL", state=..., postal_code="00950"),
        400,
        refused("postal_code is invalid", country="PL", state=..., postal_code="00-950"),
    ),
    Row("unknown", SHIP_QUOTE, quoting("nothing"), 400, NO_ITEM),
    Row("another case", SHIP_QUOTE, quoting("<held, lower case>"), 400, NO_ITEM),
    Row("another partner's", SHIP_QUOTE, quoting("<another partner's>"), 400, NO_ITEM),
    Row(
        "of the other environment", SHIP_QUOTE, quoting("<in the other environment>"), 400, NO_ITEM
    ),
    Row("sold", SHIP_QUOTE, quoting("<sold>"), 400, NO_ITEM),
    Row("in an order", SHIP_QUOTE, quoting("<shipping>"), 400, NO_ITEM),
    Row("shipped", SHIP_QUOTE, quoting("<shipped>"), 400, NO_ITEM),
    Row("one of two is unknown", SHIP_QUOTE, quoting("<held>", "nothing"), 400, NO_ITEM),
    Row(
        "being sold", SHIP_QUOTE, quoting("<selling>"), 400, "No shippable items in request", "live"
    ),
    Row(
        "one of two is being sold", SHIP_QUOTE, quoting("<held>", "<selling>"), 200, QUOTED, "live"
    ),
    Row("a country not served", SHIP_QUOTE, quoting(country="AG"), 422, NO_COUNTRY, "live"),
    Row("any country", SHIP_QUOTE, quoting(country="AG"), 200, QUOTED, "sandbox"),
    *[
        Row(f"country {bad}", SHIP_QUOTE, quoting(country=bad), 422, NO_COUNTRY)
        for bad in ("USA", "U", "../..")
    ],
    # The order of the checks.
    Row("everything is wrong", SHIP_QUOTE, {"item_ids": [], "destination": None}, 400, NO_IDS),
    Row("address and item", SHIP_QUOTE, quoting("x", name=""), 400, refused("name is required")),
    Row("item and postal code", SHIP_QUOTE, quoting("x", postal_code="ABC"), 400, NO_ITEM),
    Row("item and country", SHIP_QUOTE, quoting("x", country="USA"), 400, NO_ITEM),
]

NOT_QUOTE_IDS: tuple[Any, ...] = (None, "", 7, True, [], {}, "<session of a quote>", ["<quote>"])
REQUESTS = [
    Row(
        "a quote",
        SHIP,
        {"quote_id": "<quote>"},
        200,
        {"order_id": text_like("order_[0-9A-Za-z_-]{16}"), "status": "success"},
    ),
    *[Row(f"quote_id {bad!r}", SHIP, {"quote_id": bad}, 400, NO_QUOTE_ID) for bad in NOT_QUOTE_IDS],
    Row("missing", SHIP, {}, 400, NO_QUOTE_ID),
    Row(
        "an unknown session",
        SHIP,
        {"quote_id": "quote_01ARZ3NDEKTSV4RRFFQ69G5FAV_rate_standard"},
        400,
        EXPIRED,
    ),
    Row("no session", SHIP, {"quote_id": "_rate_"}, 400, EXPIRED),
    Row("an unknown rate", SHIP, {"quote_id": "<session of a quote>_rate_balloon"}, 400, EXPIRED),
    Row("past its time", SHIP, {"quote_id": "<late quote>"}, 400, EXPIRED),
    Row("another partner's", SHIP, {"quote_id": "<another partner's quote>"}, 400, EXPIRED),
    Row("of the other environment", SHIP, {"quote_id": "<quote of the other>"}, 400, EXPIRED),
    Row("of an item in an order", SHIP, {"quote_id": "<quote of an ordered item>"}, 400, SHIPPED),
    Row("of an item that was sold", SHIP, {"quote_id": "<quote of a sold item>"}, 400, SHIPPED),
    Row(
        "of an item being sold",
        SHIP,
        {"quote_id": "<quote of an item being sold>"},
        400,
        SHIPPED,
        "live",
    ),
]

ORDERED: dict[str, Any] = {
    "order_id": "<order>",
    "status": "queued",
    "carrier": "Phygitals",
    "service": "Standard",
    "tracking_number": None,
    "tracking_url": None,
    "amount": 5,
    "currency": "USD",
    "destination": ADDRESS,
    "items": ({"item_id": "<ordered>", "name": TEXT, "image": URL, "back_image": nullable(URL)},),
    "created_at": TIME,
    "shipped_at": None,
    "delivered_at": None,
    "error_message": None,
}
NOT_ORDERS = (
    "order_AAAAAAAAAAAAAAAA", "x", ("<another partner's "
        "order>"), "<order of the other>", "%00", "%ff", "x" * 4000,
)  # fmt: skip
ARRIVED = ORDERED | {
    "order_id": "<delivered order>",
    "status": "delivered",
    "tracking_number": "1Z",
    "tracking_url": "https://carrier.example.test/1Z",
    "items": ({"item_id": "<arrived>", "name": TEXT, "image": URL, "back_image": nullable(URL)},),
    "created_at": "2026-04-18T19:05:14.000Z",
    "shipped_at": "2026-04-18T19:05:14.000Z",
    "delivered_at": "2026-04-18T19:05:14.000Z",
}
ORDERS = [
    Row("an order", ORDER, None, 200, ORDERED),
    Row("one that has arrived", "GET /ship/order/<delivered order>", None, 200, ARRIVED),
    *[
        Row(f"no order {name:.30}", f"GET /ship/order/{name}", None, 404, NO_ORDER)
        for name in NOT_ORDERS
    ],
]

NOT_NEXT: tuple[Any, ...] = ("delivered", "queued", "", "x", 7, True, [], {})
ADVANCES = [
    Row("one step", ADVANCE, {}, 200, ORDERED | {"status": "processing"}, "sandbox"),
    Row(
        "named",
        ADVANCE,
        {"status": "processing"},
        200,
        ORDERED | {"status": "processing"},
        "sandbox",
    ),
    Row(
        "cancelled",
        ADVANCE,
        {"status": "cancelled"},
        200,
        ORDERED | {"status": "cancelled"},
        "sandbox",
    ),
    Row(
        "failed",
        ADVANCE,
        {"status": "failed"},
        200,
        ORDERED | {"status": "failed", "error_message": TEXT},
        "sandbox",
    ),
    *[Row(f"to {bad!r}", ADVANCE, {"status": bad}, 400, NO_STEP, "sandbox") for bad in NOT_NEXT],
    Row("unknown", "POST /sandbox/orders/x/advance", {}, 404, NO_ORDER, "sandbox"),
    Row(
        "another partner's",
        "POST /sandbox/orders/<another partner's order>/advance",
        {},
        404,
        NO_ORDER,
        "sandbox",
    ),
    Row(
        "of live", "POST /sandbox/orders/<order of the other>/advance", {}, 404, NO_ORDER, "sandbox"
    ),
    Row("in live", ADVANCE, {}, 404, "Not found", "live"),
]
