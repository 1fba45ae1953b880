"""The bodies of the partner API as JSON Schema. Responses have no other keys than these."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]


def ref(name: str) -> Schema:
    """A schema of ``COMPONENTS`` by name."""
    return {"$ref": f"#/components/schemas/{name}"}


def closed(properties: dict[str, Schema], description: str = "") -> Schema:
    """An object with exactly these keys."""
    described = {"description": description} if description else {}
    return {
        "type": "object",
        **described,
        "required": list(properties),
        "additionalProperties": False,
        "properties": properties,
    }


def listed(items: Schema, **more: Any) -> Schema:
    """A list of one schema."""
    return {"type": "array", "items": items, **more}


def nullable(schema: Schema) -> Schema:
    """Null, or the schema."""
    if "$ref" in schema:
        return {"anyOf": [schema, {"type": "null"}]}
    kinds = {"type": [schema["type"], "null"]}
    return schema | kinds | ({"enum": [*schema["enum"], None]} if "enum" in schema else {})


def text(description: str = "", **more: Any) -> Schema:
    """A string."""
    return {"type": "string", **({"description": description} if description else {}), **more}


def one_of(*values: str) -> Schema:
    """One of these words."""
    return {"type": "string", "enum": list(values)}


USD: Schema = {
    "type": "number",
    "minimum": 0,
    "exclusiveMaximum": 1_000_000_000,
    "description": "US dollars, at most two decimals.",
    "examples": [70.13],
}
TIME = text(
    "UTC, milliseconds.", format="date-time", pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"
)
ID = text("May contain pipes: encode it in a path.", minLength=1, examples=["v1|110586049456|0"])
UUID = text(format="uuid")
SHARE: Schema = {"type": "number", "exclusiveMinimum": 0, "maximum": 1, "examples": [0.85]}
WHOLE: Schema = {"type": "integer", "minimum": 0}
FLAG: Schema = {"type": "boolean"}
PICTURE = text(format="uri")

TRAIT = closed({"trait_type": text(), "value": text()})
METADATA = closed(
    {
        "name": text(),
        "image": PICTURE,
        "back_image": nullable(PICTURE),
        "attributes": listed(ref("Trait")),
    }
)
LINKS = closed(
    {"image": PICTURE, "back_image": nullable(PICTURE)}, "The metadata's pictures again."
)
PURCHASED = {
    "id": ID,
    "type": one_of("enft", "ebay", "fanatics", "alt", "external"),
    "buyback_price": USD,
    "mint_address": nullable(text()),
    "collection_address": nullable(text()),
    "token_standard": nullable(text()),
    "content": closed({"metadata": ref("Metadata")}),
}
LINKED = PURCHASED | {"content": closed({"metadata": ref("Metadata"), "links": ref("Links")})}
HELD = LINKED | {
    "claw_id": text("The pack's id."),
    "claw_slug": nullable(text()),
    "purchased_at": TIME,
    "buyback_expires_at": nullable(
        TIME | {"description": "The last instant at which the item sells; null: no deadline."}
    ),
}
CHASE = {"id": ID, "name": text(), "image": PICTURE, "back_image": nullable(PICTURE), "fmv": USD}
TIER = {
    "id": WHOLE,
    "name": text(),
    "color": text(pattern="^#[0-9a-fA-F]{6}$"),
    "lower": USD,
    "upper": USD,
    "weight": {"type": "number", "exclusiveMinimum": 0},
}
PACK = {
    "id": text("The `claw_id` of other calls."),
    "slug": text(),
    "platform": text(examples=["mainnet"]),
    "name": text(),
    "enable": {"const": True, "type": "boolean"},
    "description": text(),
    "mint_price": USD,
    "max_per_mint": {"type": "integer", "minimum": 1},
    "in_stock": FLAG,
    "categories": listed(text()),
    "ev": nullable(USD),
    "min_ev": nullable(USD),
    "max_ev": nullable(USD),
    "ev_updated_at": nullable(TIME),
    "buyback_percent": SHARE,
    "claw_image_url": nullable(PICTURE),
    "rarity_distribution": listed(ref("Tier")),
    "type": one_of("CORE", "EBAY"),
    "num_pulls_7d": WHOLE,
    "last_pull": nullable(TIME),
    "chase": listed(ref("ChaseCard"), maxItems=20),
}
PULL = {
    "id": ID,
    "claw_id": text(),
    "claw_slug": nullable(text()),
    "value": USD,
    "buyback_price": USD,
    "created_at": TIME,
    "metadata": ref("Metadata"),
}
QUOTE = {
    "item_id": text(),
    "eligible": FLAG,
    "amount": nullable(USD),
    "fmv": nullable(USD),
    "buyback_percent": nullable(SHARE),
    "expires_at": nullable(TIME),
    "reason": nullable(one_of("not_found", "expired", "in_progress", "price_unavailable")),
}
SOLD_LINE = {"item_id": text(), "success": {"const": True, "type": "boolean"}, "amount": USD}
REFUSED_LINE = {"item_id": text(), "success": {"const": False, "type": "boolean"}, "error": text()}
SELLBACK = {
    "item_id": ID,
    "status": one_of("pending", "completed", "failed"),
    "amount": nullable(USD),
    "created_at": TIME,
    "completed_at": nullable(TIME),
    "payout_id": nullable(UUID),
}
BUYBACK = {
    "id": UUID,
    "item_id": ID,
    "user_id": text(),
    "status": one_of("pending", "completed", "failed"),
    "amount": nullable(USD),
    "fmv": nullable(USD),
    "buyback_percent": SHARE,
    "created_at": TIME,
    "completed_at": nullable(TIME),
    "payout_id": nullable(UUID),
    "requested_by": text("The requester: key:<id>, user:<e-mail> or system."),
}
PAYOUT = {
    "id": UUID,
    "buyback_id": UUID,
    "item_id": ID,
    "user_id": text(),
    "status": one_of("pending", "paid", "failed"),
    "amount": USD,
    "created_at": TIME,
    "paid_at": nullable(TIME),
}
EVENT = {"id": UUID, "type": text(), "created_at": TIME, "data": {"type": "object"}}
ORDER_ID = text(pattern="^order_[0-9A-Za-z_-]{16}$")
ORDER_STATUS = one_of(
    "queued", "processing", "label_created", "shipped", "delivered", "cancelled", "failed"
)
LINE = {"type": "string", "maxLength": 255, "pattern": r"^[^\x00-\x1f\x7f-\x9f]*$"}
DESTINATION: Schema = {
    "type": "object",
    "description": "State and postal code as the country requires.",
    "required": ["name", "line1", "city", "country"],
    "properties": {
        "name": LINE,
        "line1": LINE,
        "line2": nullable(LINE),
        "city": LINE,
        "state": nullable(LINE),
        "postal_code": nullable(LINE),
        "country": LINE | {"description": "Two letters, such as US."},
        "phone": nullable(LINE),
        "email": nullable(LINE),
    },
}
RATE = {
    "id": text("The `quote_id` that accepts it."),
    "carrier": text(),
    "service": text(),
    "amount": USD,
    "estimated_days_min": WHOLE,
    "estimated_days_max": WHOLE,
    "insured": FLAG,
}
SHIPPING_QUOTE = {
    "session_id": text(pattern="^quote_[0-9A-HJKMNP-TV-Z]{26}$"),
    "expires_at": TIME,
    "quotes": listed(ref("Rate"), minItems=1),
}
SHIPPED_ITEM = {"item_id": ID, "name": text(), "image": PICTURE, "back_image": nullable(PICTURE)}
SHIPPING_ORDER = {
    "order_id": ORDER_ID,
    "status": ORDER_STATUS,
    "carrier": text(),
    "service": text(),
    "tracking_number": nullable(text()),
    "tracking_url": nullable(text()),
    "amount": USD,
    "currency": {"const": "USD", "type": "string"},
    "destination": ref("Destination"),
    "items": listed(ref("ShippedItem"), minItems=1),
    "created_at": TIME,
    "shipped_at": nullable(TIME),
    "delivered_at": nullable(TIME),
    "error_message": nullable(text()),
}


def page(name: str) -> Schema:
    """One page of a history."""
    return closed(
        {
            "data": listed(ref(name), maxItems=100),
            "next_cursor": nullable(text("Null on the last page.")),
        }
    )


COMPONENTS: dict[str, Schema] = {
    "Trait": TRAIT,
    "Metadata": METADATA,
    "Links": LINKS,
    "PurchasedItem": closed(PURCHASED, "An item as a purchase shows it."),
    "LinkedItem": closed(LINKED, "An item as live's purchase status shows it."),
    "Item": closed(HELD, "An item as an inventory shows it."),
    "SandboxItem": closed(
        HELD | {"buyback_expires_at": TIME}, "An item as an inventory of the sandbox shows it."
    ),
    "ChaseCard": closed(CHASE),
    "Card": closed(CHASE | {"metadata": ref("Metadata")}),
    "Tier": closed(TIER),
    "Pack": closed(PACK),
    "Pull": closed(PULL),
    "Sale": closed({"success": {"const": True, "type": "boolean"}, "amount": USD}),
    "Quote": closed(QUOTE),
    "BatchLine": {"oneOf": [closed(SOLD_LINE), closed(REFUSED_LINE)]},
    "Sellback": closed(SELLBACK),
    "Buyback": closed(BUYBACK),
    "Payout": closed(PAYOUT),
    "Event": closed(EVENT),
    "Destination": DESTINATION,
    "Rate": closed(RATE),
    "ShippingQuote": closed(SHIPPING_QUOTE),
    "ShippedItem": closed(SHIPPED_ITEM),
    "ShippingOrder": closed(SHIPPING_ORDER),
    "Clock": closed({"now": TIME, "ahead_seconds": WHOLE}),
}
