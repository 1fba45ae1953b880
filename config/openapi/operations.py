"""Every call of the partner API, in the contract's order: its input and its responses.

A row is found by its view's name and method. ``generator.py`` adds what all calls share (key,
scope, limits, idempotency).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from config.openapi.answers import TOO_MANY
from config.openapi.schemas import (
    ORDER_ID,
    ORDER_STATUS,
    TIME,
    UUID,
    Schema,
    closed,
    listed,
    nullable,
    page,
    ref,
    text,
)

READ, SALE, PURCHASE, SHIP = "inventory:read", "buyback:write", "purchase:write", "ship:write"
FAULT = "An unexpected error occurred"
NOT_FOUND, EXPIRED, BELOW = "Item not found", "Item has expired", "Price below min_amount"
FAILED, ACTIVE = "Transaction failed", "Item already has an active buyback session"
IN_FLIGHT = "A buyback request for this item is already being processed"
TOO_MANY_PARAMETERS = "Too many query parameters"
ITEM_IDS = "item_ids must be a list of 1 to 50 strings"


@dataclass(frozen=True)
class Operation:
    """One call.

    ``refusals``: its own sentences by status; ``live_refusals``: those only in live. ``answer``:
    its 200; ``sandbox_answer``: the sandbox's if different. ``acts``: accepts an Idempotency-Key.
    ``scopes``: required of a scoped key. ``more``: further keys of a 400.
    """

    id: str
    tag: str
    summary: str
    answer: Schema
    scopes: tuple[str, ...] = ()
    sandbox_answer: Schema | None = None
    description: str = ""
    body: Schema | None = None
    query: dict[str, Schema] = field(default_factory=dict)
    refusals: dict[int, list[str]] = field(default_factory=dict)
    live_refusals: dict[int, list[str]] = field(default_factory=dict)
    acts: bool = False
    scenarios: tuple[str, ...] = ()
    fault: str = FAULT
    csv: bool = False
    more: dict[str, Schema] = field(default_factory=dict)


def item_ids(most: int = 50, **more: Schema) -> Schema:
    """1 to 50 ids, and other required properties."""
    return {
        "type": "object",
        "required": ["item_ids", *more],
        "properties": {"item_ids": listed(text(), minItems=1, maxItems=most), **more},
    }


SALE_OUTCOMES = ("transaction_failed", "active_session")
MOMENT = {"type": "string", "format": "date-time"}
TIMES = {
    "created_from": MOMENT | {"description": "At this time or later."},
    "created_to": MOMENT | {"description": "Before this time."},
}
CLAMPED: Schema = {
    "type": ["integer", "string"],
    "description": "1 to 100. Other numbers are limited to that range; other values count as 20.",
}
PAGES: dict[str, Schema] = {"limit": CLAMPED, "cursor": text("`next_cursor` of the previous page.")}
WHOSE = {"user_id": text("Your own id of the user."), "item_id": text("All pulls of this item.")}
HISTORY = (
    "Newest first. A cursor belongs to its environment, route and filters. With `Accept: "
    "text/csv`, all rows from the cursor on are streamed and `limit` is ignored."
)


def history(name: str, row: str, **filters: Schema) -> Operation:
    """One of the three histories."""
    invalid = [f"Invalid {known}" for known in (*filters, *TIMES) if known not in WHOSE]
    return Operation(
        id=f"list{row}s",
        tag="History",
        summary=name,
        description=HISTORY,
        answer=page(row),
        scopes=(READ,),
        query={**filters, **TIMES, **PAGES},
        refusals={400: ["Invalid cursor", *invalid, TOO_MANY_PARAMETERS]},
        csv=True,
    )


def words(*values: str) -> Schema:
    """A filter with a few allowed words."""
    return {"type": "string", "enum": list(values)}


EVENT_TYPES = (
    "item.pulled", "item.expired", "item.window_changed", "buyback.completed", "buyback.failed",
    "shipment.updated",
)  # fmt: skip

OPERATIONS: dict[tuple[str, str], Operation] = {
    ("SellBack", "POST"): Operation(
        id="sellBack",
        tag="Sell back",
        summary="Sell back one item",
        description=(
            "Phygitals pays the user. Live sells at the current price, the sandbox at the price at "
            "the pull."
        ),
        scopes=(SALE,),
        body={
            "type": "object",
            "required": ["item_id"],
            "properties": {
                "item_id": text("`id` of an inventory's or a purchase's item."),
                "min_amount": {
                    "type": ["number", "string", "null"],
                    "description": "The lowest amount that you accept, in USD.",
                },
            },
        },
        answer=ref("Sale"),
        refusals={400: [NOT_FOUND, EXPIRED, FAILED, ACTIVE, BELOW], 429: [IN_FLIGHT]},
        acts=True,
        scenarios=SALE_OUTCOMES,
    ),
    ("Quotes", "POST"): Operation(
        id="quote",
        tag="Sell back",
        summary="Quote what items would sell for now",
        scopes=(READ,),
        body=item_ids(),
        answer=closed({"quotes": listed(ref("Quote"), minItems=1, maxItems=50)}),
        refusals={400: [ITEM_IDS]},
        acts=True,
        scenarios=("in_progress", "price_unavailable"),
    ),
    ("SellBatch", "POST"): Operation(
        id="sellBatch",
        tag="Sell back",
        summary="Sell back up to 50 items, each independently",
        description="The line of a refused item has the same error as a single sellback.",
        scopes=(SALE,),
        body=item_ids(),
        answer=closed({"results": listed(ref("BatchLine"), minItems=1, maxItems=50)}),
        refusals={400: [ITEM_IDS]},
        live_refusals={429: [IN_FLIGHT]},
        acts=True,
        scenarios=SALE_OUTCOMES,
    ),
    ("SellbackStatus", "GET"): Operation(
        id="sellbackStatus",
        tag="Sell back",
        summary="Get an item's latest sellback",
        scopes=(READ,),
        answer=ref("Sellback"),
        refusals={404: [NOT_FOUND, "Not found"]},
        scenarios=("pending", "failed"),
    ),
    ("AvailablePacks", "GET"): Operation(
        id="listPacks",
        tag="Packs",
        summary="List the packs on sale",
        query={"platform": text(examples=["mainnet"])},
        answer=listed(ref("Pack")),
        refusals={400: [TOO_MANY_PARAMETERS]},
    ),
    ("Chase", "GET"): Operation(
        id="chase",
        tag="Packs",
        summary="List a pack's most valuable available cards",
        answer=listed(ref("ChaseCard"), maxItems=20),
        refusals={404: ["VM not found", "Not found"]},
    ),
    ("RecentPulls", "GET"): Operation(
        id="recentPulls",
        tag="Packs",
        summary="List the newest pulls, anonymous",
        query={"claw_ids": listed(text()), "limit": CLAMPED},
        answer=listed(ref("Pull"), maxItems=100),
        refusals={400: [TOO_MANY_PARAMETERS]},
    ),
    ("CardPage", "GET"): Operation(
        id="card",
        tag="Packs",
        summary="Get one card",
        answer=ref("Card"),
        refusals={404: ["Card not found", "Not found"]},
    ),
    ("BuyInit", "POST"): Operation(
        id="buy",
        tag="Purchase",
        summary="Buy pulls of a pack for a user",
        description=(
            "Live may respond before the pulls are made, without `nfts`. Then ask for the status."
        ),
        scopes=(PURCHASE,),
        body={
            "type": "object",
            "required": ["id", "amount", "user_id"],
            "properties": {
                "id": text("The pack's id."),
                "amount": {"type": "integer", "minimum": 1},
                "user_id": text(
                    "Your own id of the user.",
                    minLength=1,
                    maxLength=255,
                    pattern=r"^[^\x00-\x1f\x7f-\x9f]+$",
                ),
            },
        },
        answer=closed({"session_id": UUID, "nfts": listed(ref("PurchasedItem"))}),
        refusals={
            400: [
                "user_id is required",
                "VM not found",
                "Amount must be greater than 0",
                TOO_MANY,
                "Claw machine is out of stock",
            ]
        },
        acts=True,
        scenarios=("pending",),
        fault="Error during transaction",
    ),
    ("BuyStatus", "POST"): Operation(
        id="buyStatus",
        tag="Purchase",
        summary="Get the outcome of a purchase",
        scopes=(PURCHASE,),
        body={"type": "object", "required": ["session_id"], "properties": {"session_id": text()}},
        answer={"oneOf": [closed({"result": ref("Purchase")}), ref("Pending")]},
        sandbox_answer={"oneOf": [closed({"result": ref("SandboxPurchase")}), ref("Pending")]},
        refusals={400: [FAILED]},
        acts=True,
        scenarios=("transaction_failed", "pending"),
    ),
    ("Inventory", "GET"): Operation(
        id="inventory",
        tag="Inventory",
        summary="List a user's items, newest first",
        scopes=(READ,),
        answer=closed({"user_id": text(), "items": listed(ref("Item"))}),
        sandbox_answer=closed({"user_id": text(), "items": listed(ref("SandboxItem"))}),
        refusals={404: ["User not found", "Not found"]},
    ),
    ("ShipQuote", "POST"): Operation(
        id="shipQuote",
        tag="Shipping",
        summary="Quote the price of shipping items",
        description=(
            "Valid for 15 minutes. Nothing is locked. Items that are being sold back right now "
            "are left out."
        ),
        scopes=(SHIP,),
        body=item_ids(100, destination=ref("Destination")),
        answer=ref("ShippingQuote"),
        refusals={
            400: [
                "item_ids is required",
                "Invalid destination address",
                NOT_FOUND,
                "No shippable items in request",
            ],
            422: ["Country not supported"],
        },
        more={"details": text("What is wrong with the address."), "suggested": ref("Destination")},
        acts=True,
        scenarios=("nothing_shippable",),
        fault="Failed to fetch shipping quotes",
    ),
    ("ShipRequest", "POST"): Operation(
        id="shipRequest",
        tag="Shipping",
        summary="Accept a rate of a quote",
        description="The items leave the inventory and can no longer be sold back.",
        scopes=(SHIP,),
        body={
            "type": "object",
            "required": ["quote_id"],
            "properties": {"quote_id": text("`id` of one of a quote's `quotes`.")},
        },
        answer=closed({"order_id": ORDER_ID, "status": {"const": "success", "type": "string"}}),
        refusals={400: ["quote_id is required", "Quote expired", "Item already shipped"]},
        acts=True,
        fault="Failed to create shipping request",
    ),
    ("ShipOrder", "GET"): Operation(
        id="shipOrder",
        tag="Shipping",
        summary="Get the state of an order",
        scopes=(SHIP,),
        answer=ref("ShippingOrder"),
        refusals={404: ["Order not found", "Not found"]},
    ),
    ("Buybacks", "GET"): history(
        "List sellbacks", "Buyback", status=words("pending", "completed", "failed"), **WHOSE
    ),
    ("Payouts", "GET"): history(
        "List payouts to users", "Payout", status=words("pending", "paid", "failed"), **WHOSE
    ),
    ("Events", "GET"): history("List events", "Event", type=words(*EVENT_TYPES)),
    ("Clock", "POST"): Operation(
        id="moveClock",
        tag="Sandbox",
        summary="Move this sandbox's clock forward",
        description=(
            "Windows, quotes and sweeps follow it immediately. Only a reset sets it back."
        ),
        scopes=("inventory:read", "buyback:write", "purchase:write", "ship:write"),
        body={
            "oneOf": [
                {
                    "type": "object",
                    "required": ["advance_seconds"],
                    "properties": {
                        "advance_seconds": {
                            "type": "integer",
                            "minimum": 0,
                            "maximum": 315_619_200,
                        },
                        "now": {"type": "null"},
                    },
                },
                {
                    "type": "object",
                    "required": ["now"],
                    "properties": {"now": TIME, "advance_seconds": {"type": "null"}},
                },
            ]
        },
        answer=ref("Clock"),
        refusals={
            400: [
                "Send either advance_seconds, a whole number, or now, a time in ISO 8601",
                "The sandbox clock only moves forward",
                "The sandbox clock can be at most ten years ahead",
            ]
        },
        acts=True,
    ),
    ("AdvanceOrder", "POST"): Operation(
        id="advanceOrder",
        tag="Sandbox",
        summary="Move an order to its next status",
        description=(
            "To the next status, or to the given one. `cancelled` and `failed` give the items back."
        ),
        scopes=(SHIP,),
        body={"type": "object", "properties": {"status": nullable(ORDER_STATUS)}},
        answer=ref("ShippingOrder"),
        refusals={
            400: ["Order cannot be moved to this status"],
            404: ["Order not found", "Not found"],
        },
        acts=True,
    ),
    ("Reset", "POST"): Operation(
        id="reset",
        tag="Sandbox",
        summary="Reset this sandbox",
        description=(
            "Deletes users, items, sellbacks and events, and sets the clock to real time. Keys "
            "stay. Takes no body."
        ),
        scopes=("inventory:read", "buyback:write", "purchase:write", "ship:write"),
        answer=closed(
            {
                "success": {"const": True, "type": "boolean"},
                "now": TIME,
                "ahead_seconds": {"type": "integer"},
            }
        ),
        acts=True,
    ),
}
