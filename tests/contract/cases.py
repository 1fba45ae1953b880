"""The public contract's rows as data, in its own order: read it beside the contract.

``Row(when, call, sent, status, answer)``. ``<name>`` stands for an object of the scene
(``scene.py``): an item of user ``ada`` in the state of that name, or a pack's id. An answer that is
a string is the sentence of the error envelope, byte for byte; a dict or list is a shape
(``shapes.py``). Every row is sent to both bases unless ``only`` names one. A row with a status
other than 200 must not change the database.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.contract.shapes import (
    ADDRESS,
    TEXT,
    TIME,
    USD,
    UUID,
    nullable,
    one_of,
    text_like,
)
from tests.shipments import ADDRESS as ADDRESS_OF_ADA


@dataclass(frozen=True)
class Row:
    """One call and its response."""

    when: str
    call: str
    sent: Any
    status: int
    answer: Any
    only: str = ""
    headers: dict[str, str] = field(default_factory=dict)


# --- section 1: every endpoint, with a body or path that would succeed ----------------------------

SELL, BUY, STATUS = "POST /vm/buyback", "POST /vm/buy/init", "POST /vm/buy/status"
QUOTE, BATCH = "POST /vm/buyback/quote", "POST /vm/buyback/batch"
VALID: dict[str, dict[str, Any] | None] = {
    "GET /vm/available": None,
    "GET /vm/chase/tidewater-box": None,
    "GET /vm/recent-pulls": None,
    "GET /card/<held>": None,
    "GET /inventory/ada": None,
    BUY: {"id": "<pack>", "amount": 1, "user_id": "ada"},
    STATUS: {"session_id": "<session>"},
    SELL: {"item_id": "<held>"},
    QUOTE: {"item_ids": ["<held>"]},
    BATCH: {"item_ids": ["<held>"]},
    "GET /vm/buyback/<sold>": None,
    "POST /ship/quote": {"item_ids": ["<held>"], "destination": ADDRESS_OF_ADA},
    "POST /ship/request": {"quote_id": "<quote>"},
    "GET /ship/order/<order>": None,
    "GET /buybacks": None,
    "GET /payouts": None,
    "GET /events": None,
}

NO_KEY = "Invalid API key"
# The meaning of each X-API-Key is in scene.py.
REFUSED_KEYS = (
    "missing", "empty", "unknown", "garbage", "other secret", "upper case", "revoked", "expired",
    "of the other environment", "of a suspended partner", "the key id alone", "not ASCII",
)  # fmt: skip

# The endpoint's response to an empty object, and so to every body below.
ITEM_IDS = "item_ids must be a list of 1 to 50 strings"
MISSING_FIELD = {
    SELL: "Item not found",
    BUY: "user_id is required",
    STATUS: "Transaction failed",
    QUOTE: ITEM_IDS,
    BATCH: ITEM_IDS,
    "POST /ship/quote": "item_ids is required",
    "POST /ship/request": "quote_id is required",
}
JSON = "application/json"
# <fields> are the endpoint's valid fields: without its flaw, each of these would succeed.
MALFORMED: dict[str, tuple[bytes, str]] = {
    "empty": (b"", JSON),
    "white space": (b"  \r\n ", JSON),
    "not JSON": (b"{<fields>", JSON),
    "more than one value": (b"{<fields>} {<fields>}", JSON),
    "trailing comma": (b"{<fields>,}", JSON),
    "comment": (b"{<fields>} // all of it", JSON),
    "single quotes": (b"{<fields>, 'a': 1}", JSON),
    "NaN": (b'{<fields>, "a": NaN}', JSON),
    "Infinity": (b'{<fields>, "a": Infinity}', JSON),
    "-Infinity": (b'{<fields>, "a": -Infinity}', JSON),
    "1e999": (b'{<fields>, "a": 1e999}', JSON),
    "duplicate key": (b"{<fields>, <fields>}", JSON),
    "duplicate key below": (b'{<fields>, "a": [{"b": 1, "b": 1}]}', JSON),
    "5,000-digit number": (b'{<fields>, "a": ' + b"9" * 5000 + b"}", JSON),
    "5,000-digit fraction": (b'{<fields>, "a": 0.' + b"9" * 5000 + b"}", JSON),
    "deep nesting of lists": (b'{<fields>, "a": ' + b"[" * 30_000 + b"]" * 30_000 + b"}", JSON),
    ("deep nesting of "
        "objects"): (b'{<fields>, "a": ' + b'{"a":' * 10_000 + b"1" + b"}" * 10_000 + b"}", JSON),
    "raw NUL": (b'{<fields>, "a": "\0"}', JSON),
    "escaped NUL": (b'{<fields>, "a": "\\u0000"}', JSON),
    "NUL in a key": (b'{<fields>, "\\u0000": 1}', JSON),
    "lone surrogate": (b'{<fields>, "a": "\\ud800"}', JSON),
    "lone surrogate below": (b'{<fields>, "a": {"b": ["\\udfff"]}}', JSON),
    "reversed surrogates": (b'{<fields>, "a": "\\udc00\\ud800"}', JSON),
    "invalid UTF-8": (b'{<fields>, "a": "\xff"}', JSON),
    "byte order mark": (b"\xef\xbb\xbf{<fields>}", JSON),
    "list": (b"[{<fields>}]", JSON),
    "string": (b'"<held>"', JSON),
    "number": (b"1", JSON),
    "null": (b"null", JSON),
    "true": (b"true", JSON),
    "no content type": (b"{<fields>}", ""),
    "text": (b"{<fields>}", "text/plain"),
    "form": (b"item_id=<held>&user_id=ada", "application/x-www-form-urlencoded"),
    "JSON of another kind": (b"{<fields>}", "application/problem+json"),
}  # fmt: skip
# Unusual but valid JSON: these succeed.
WELL_FORMED: dict[str, tuple[bytes, str]] = {
    "a charset": (b"{<fields>}", "application/json; charset=utf-8"),
    "capitals in the content type": (b"{<fields>}", "Application/JSON"),
    "white space around": (b" \t\r\n{<fields>}\n", JSON),
    "an unknown field": (b'{<fields>, "claw_id": "any", "more": [1.5, null, {"a": true}]}', JSON),
    "an emoji by surrogates": (b'{<fields>, "a": "\\ud83d\\ude00"}', JSON),
    "exactly 64 KiB": (b"{<fields>}" + b" " * (64 * 1024), JSON),  # the runner cuts it to size
}
TOO_LARGE = (413, "Request body too large")

NO_ROUTE = [
    Row(f"no route {path!r}", f"{method} {path}", None, 404, "Not found")
    for method, path in (
        ("GET", "/"),
        ("GET", "/vm"),
        ("GET", "/vm/available/"),
        ("POST", "/vm/buyback/"),
        ("POST", "/VM/BUYBACK"),
        ("GET", "/inventory"),
        ("GET", "/inventory/"),
        ("GET", "/nothing/here"),
        ("DELETE", "/nothing/here"),
        ("GET", "/vm/chase/"),
        ("GET", "/vm/chase/a/b"),
    )
]
OTHER = {"GET": "POST", "POST": "GET"}
WRONG_METHOD = [
    Row(call, call, None, 405, "Method not allowed")
    for call in (
        *(f"{OTHER[method]} {path}" for method, path in map(str.split, VALID)),
        *(
            f"{method} {path}"
            for path in ("/vm/buyback", "/inventory/ada")
            for method in ("PUT", "DELETE", "OPTIONS")
        ),
        "PATCH /vm/buyback/quote",
    )
]

# --- section 2: POST /vm/buyback ------------------------------------------------------------------

NOT_STRINGS: tuple[Any, ...] = (None, 1, 1.5, True, [], ["<held>"], {}, {"id": "<held>"})
SELLBACK = [
    Row(
        "it is held", SELL, {"item_id": "<held>"}, 200, {"success": True, "amount": 70.13}
    ),  # 70.125, half up
    Row(
        "claw_id is ignored",
        SELL,
        {"item_id": "<held>", "claw_id": 7},
        200,
        {"success": True, "amount": 70.13},
    ),
    Row("its id holds pipes", SELL, {"item_id": "<piped>"}, 200, {"success": True, "amount": 51}),
    Row(
        "it is the last day", SELL, {"item_id": "<closing>"}, 200, {"success": True, "amount": 98.5}
    ),
    # Live pays the card's current value, the sandbox exactly the buyback_price at the pull.
    Row(
        "its price rose",
        SELL,
        {"item_id": "<risen>"},
        200,
        {"success": True, "amount": 170},
        "live",
    ),
    Row(
        "its price rose",
        SELL,
        {"item_id": "<risen>"},
        200,
        {"success": True, "amount": 85},
        "sandbox",
    ),
    Row(
        "its price fell",
        SELL,
        {"item_id": "<fallen>"},
        200,
        {"success": True, "amount": 0.85},
        "live",
    ),
    Row(
        "its price fell",
        SELL,
        {"item_id": "<fallen>"},
        200,
        {"success": True, "amount": 85},
        "sandbox",
    ),
    # A voucher item gets at least the price of the pull, 25 USD; not in the sandbox.
    Row(
        "a voucher, worth less",
        SELL,
        {"item_id": "<voucher>"},
        200,
        {"success": True, "amount": 25},
        "live",
    ),
    Row(
        "a voucher, worth less",
        SELL,
        {"item_id": "<voucher>"},
        200,
        {"success": True, "amount": 8.5},
        "sandbox",
    ),
    Row(
        "a voucher, worth more",
        SELL,
        {"item_id": "<good voucher>"},
        200,
        {"success": True, "amount": 85},
    ),
    # The minimum of section 9.
    Row(
        "at the floor",
        SELL,
        {"item_id": "<held>", "min_amount": 70.13},
        200,
        {"success": True, "amount": 70.13},
    ),
    Row(
        "below the floor",
        SELL,
        {"item_id": "<held>", "min_amount": "70.14"},
        400,
        "Price below min_amount",
    ),
    Row("item_id is missing", SELL, {}, 400, "Item not found"),
    Row("item_id is under another name", SELL, {"id": "<held>"}, 400, "Item not found"),
    Row("item_id is empty", SELL, {"item_id": ""}, 400, "Item not found"),
    *[
        Row(f"item_id is {bad!r}", SELL, {"item_id": bad}, 400, "Item not found")
        for bad in NOT_STRINGS
    ],
    Row("it is unknown", SELL, {"item_id": "nothing"}, 400, "Item not found"),
    Row("it has another case", SELL, {"item_id": "<held, lower case>"}, 400, "Item not found"),
    Row("it has a space behind", SELL, {"item_id": "<held> "}, 400, "Item not found"),
    Row("it is 60,000 characters long", SELL, {"item_id": "x" * 60_000}, 400, "Item not found"),
    Row("it is another partner's", SELL, {"item_id": "<another partner's>"}, 400, "Item not found"),
    Row(
        "it is in the other environment",
        SELL,
        {"item_id": "<in the other environment>"},
        400,
        "Item not found",
    ),
    Row(
        "it is a card nobody pulled", SELL, {"item_id": "<card in the pack>"}, 400, "Item not found"
    ),
    Row("it was sold back", SELL, {"item_id": "<sold>"}, 400, "Item not found"),
    Row("it is in a shipping order", SELL, {"item_id": "<shipping>"}, 400, "Item not found"),
    Row("it was shipped", SELL, {"item_id": "<shipped>"}, 400, "Item not found"),
    Row("its window has closed", SELL, {"item_id": "<expired>"}, 400, "Item has expired"),
    Row("the sweep closed its window", SELL, {"item_id": "<swept>"}, 400, "Item has expired"),
    Row(
        "an earlier sale is unresolved",
        SELL,
        {"item_id": "<selling>"},
        400,
        "Item already has an active buyback session",
        "live",
    ),
]

# --- sections 3 and 4: GET /inventory/:user_id, and the item --------------------------------------

METADATA = {
    "name": TEXT,
    "image": ADDRESS,
    "back_image": nullable(ADDRESS),
    "attributes": [{"trait_type": TEXT, "value": TEXT}],
}
LINKS = {"image": ADDRESS, "back_image": nullable(ADDRESS)}
PURCHASED: dict[str, Any] = {  # a purchase's response has no links
    "id": TEXT,
    "type": one_of("enft", "ebay", "fanatics", "alt", "external"),
    "buyback_price": USD,
    "mint_address": nullable(TEXT),
    "collection_address": nullable(TEXT),
    "token_standard": nullable(TEXT),
    "content": {"metadata": METADATA},
}
LINKED = PURCHASED | {"content": {"metadata": METADATA, "links": LINKS}}
HELD = LINKED | {
    "claw_id": "<box>",
    "claw_slug": nullable(TEXT),
    "purchased_at": TIME,
    "buyback_expires_at": nullable(TIME),
}
HELD_IN_SANDBOX = HELD | {"buyback_expires_at": TIME}
# One item in full: carol's, pulled at a fixed time from a pack with unlimited live windows.
CAROLS: dict[str, Any] = {
    "id": "v1|carol|0",
    "type": "ebay",
    "buyback_price": 70.13,
    "mint_address": "MintOfCarol",
    "collection_address": "Collection1",
    "token_standard": "ProgrammableNonFungible",
    "content": {
        "metadata": {
            "name": "Carol's Card",
            "image": "https://cards.example.test/front.svg",
            "back_image": None,
            "attributes": [{"trait_type": "Set", "value": "Tidewater"}],
        },
        "links": {"image": "https://cards.example.test/front.svg", "back_image": None},
    },
    "claw_id": "<box>",
    "claw_slug": "box",
    "purchased_at": "2026-04-18T19:05:14.007Z",
    "buyback_expires_at": None,
}

INVENTORY = [
    Row("many items", "GET /inventory/ada", None, 200, {"user_id": "ada", "items": [HELD]}, "live"),
    Row(
        "many items",
        "GET /inventory/ada",
        None,
        200,
        {"user_id": "ada", "items": [HELD_IN_SANDBOX]},
        "sandbox",
    ),
    Row(
        "one item in full",
        "GET /inventory/carol",
        None,
        200,
        {"user_id": "carol", "items": (CAROLS | {"id": "MintOfCarol"},)},
        "live",
    ),
    Row(
        "one item in full: never minted, and exactly 7 days",
        "GET /inventory/carol",
        None,
        200,
        {
            "user_id": "carol",
            "items": (
                CAROLS | {"mint_address": None, "buyback_expires_at": "2026-04-25T19:05:14.007Z"},
            ),
        },
        "sandbox",
    ),
    Row("nothing left", "GET /inventory/bob", None, 200, {"user_id": "bob", "items": []}),
    Row(
        "an id that needs decoding",
        "GET /inventory/<odd user>",
        None,
        200,
        {"user_id": "<odd user>", "items": []},
    ),
    Row("unknown user", "GET /inventory/nobody", None, 404, "User not found"),
    Row("another case", "GET /inventory/ADA", None, 404, "User not found"),
    Row("another partner's user", "GET /inventory/zoe", None, 404, "User not found"),
    Row(
        "a user of the other environment",
        "GET /inventory/<user of the other>",
        None,
        404,
        "User not found",
    ),
    Row("NUL in the id", "GET /inventory/ada%00", None, 404, "User not found"),
    Row("broken UTF-8 in the id", "GET /inventory/%ff%fe", None, 404, "User not found"),
    Row("an id of 4,000 characters", "GET /inventory/" + "x" * 4000, None, 404, "User not found"),
]

# --- section 6: POST /vm/buy/init and /vm/buy/status ----------------------------------------------

NOT_USER_IDS: tuple[Any, ...] = (
    None,
    "",
    7,
    True,
    [],
    {},
    "x" * 256,
    "a\nb",
    "a\x7fb",
    "\x85",
    "\t",
)
NOT_AMOUNTS: tuple[Any, ...] = (None, 0, -1, True, False, "1", "", [], {}, 1.5, -(10**30))
NOT_PACKS: tuple[Any, ...] = (None, "", "x", 7, True, [], {})
NOT_SESSIONS: tuple[Any, ...] = (None, "", "x", 7, True, [], {}, 10**40)
TOO_FEW, TOO_MANY = "Amount must be greater than 0", "Amount must be less than or equal to 5"


def buying(**changes: Any) -> dict[str, Any]:
    """A purchase that would succeed without the changes; ``...`` removes a field."""
    sent: dict[str, Any] = {"id": "<pack>", "amount": 1, "user_id": "ada"} | changes
    return {name: value for name, value in sent.items() if value is not ...}


BOUGHT = {"session_id": UUID, "nfts": [PURCHASED]}
PURCHASES = [
    Row("one", BUY, buying(), 200, {"session_id": UUID, "nfts": (PURCHASED,)}),
    Row("as many as allowed", BUY, buying(amount=5), 200, BOUGHT),
    Row("the longest user", BUY, buying(user_id="é" * 255), 200, BOUGHT),
    Row("a user of spaces and signs", BUY, buying(user_id=" / ? # | 'x'; -- 😀"), 200, BOUGHT),
    *[
        Row(f"user_id is {bad!r:.20}", BUY, buying(user_id=bad), 400, "user_id is required")
        for bad in NOT_USER_IDS
    ],
    Row("user_id is missing", BUY, buying(user_id=...), 400, "user_id is required"),
    *[Row(f"id is {bad!r}", BUY, buying(id=bad), 400, "VM not found") for bad in NOT_PACKS],
    Row("id is missing", BUY, buying(id=...), 400, "VM not found"),
    Row("id is a slug", BUY, buying(id="tidewater-box"), 400, "VM not found"),
    *[Row(f"amount is {bad!r}", BUY, buying(amount=bad), 400, TOO_FEW) for bad in NOT_AMOUNTS],
    Row("amount is missing", BUY, buying(amount=...), 400, TOO_FEW),
    *[Row(f"amount is {bad}", BUY, buying(amount=bad), 400, TOO_MANY) for bad in (6, 10**30)],
    Row("the pack is disabled", BUY, buying(id="<disabled>"), 400, "Claw machine is out of stock"),
    Row("the pack is empty", BUY, buying(id="<empty>"), 400, "Claw machine is out of stock"),
    Row(
        "the pack has fewer cards",
        BUY,
        buying(id="<nearly empty>", amount=3),
        400,
        "Claw machine is out of stock",
    ),
    Row("the pack has just as many", BUY, buying(id="<nearly empty>", amount=2), 200, BOUGHT),
    # The order of the checks: each of these breaks several rules, and the first one answers.
    Row(
        "everything is wrong",
        BUY,
        {"id": "x", "amount": 0, "user_id": ""},
        400,
        "user_id is required",
    ),
    Row("pack and amount", BUY, buying(id="x", amount=0), 400, "VM not found"),
    Row("pack and too large an amount", BUY, buying(id="x", amount=6), 400, "VM not found"),
    Row("amount 0 of a disabled pack", BUY, buying(id="<disabled>", amount=0), 400, TOO_FEW),
    Row("too many of a disabled pack", BUY, buying(id="<disabled>", amount=6), 400, TOO_MANY),
    Row("too many of an empty pack", BUY, buying(id="<empty>", amount=6), 400, TOO_MANY),
]

RESULT = {
    "session_id": "<session>",
    "user_id": "ada",
    "public_id": text_like("_[0-9A-Za-z]{4,8}"),
    "tx_hash": TEXT,
}
STATUSES = [
    Row(
        "fulfilled",
        STATUS,
        {"session_id": "<session>"},
        200,
        {"result": RESULT | {"nfts": [LINKED]}},
        "live",
    ),
    Row(
        "fulfilled",
        STATUS,
        {"session_id": "<session>"},
        200,
        {"result": RESULT | {"nfts": [PURCHASED], "tx_hash": text_like("sandbox_[0-9A-Za-z_-]+")}},
        "sandbox",
    ),
    Row("pending", STATUS, {"session_id": "<pending session>"}, 200, {"status": "pending"}, "live"),
    Row("failed", STATUS, {"session_id": "<failed session>"}, 400, "Transaction failed", "live"),
    Row(
        "unknown",
        STATUS,
        {"session_id": "01a20a7e-9649-7ff4-8eb7-904bc2c588dd"},
        400,
        "Transaction failed",
    ),
    Row(
        "another partner's",
        STATUS,
        {"session_id": "<another partner's session>"},
        400,
        "Transaction failed",
    ),
    Row(
        "of the other environment",
        STATUS,
        {"session_id": "<session of the other>"},
        400,
        "Transaction failed",
    ),
    Row("missing", STATUS, {}, 400, "Transaction failed"),
    *[
        Row(f"session_id is {bad!r}", STATUS, {"session_id": bad}, 400, "Transaction failed")
        for bad in NOT_SESSIONS
    ],
]
