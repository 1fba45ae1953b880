"""Section 9's quote, batch and status of sellbacks (see ``cases.py``)."""

from __future__ import annotations

from typing import Any

from tests.contract.cases import BATCH, ITEM_IDS, QUOTE, Row
from tests.contract.shapes import TIME, UUID, nullable

STATUS_OF = "GET /vm/buyback/"
NOT_IDS: tuple[Any, ...] = (None, [], "<held>", 7, {}, [1], [None], ["<held>", {}], ["x"] * 51)


def asked(*ids: str) -> dict[str, Any]:
    """The body of a quote or a batch."""
    return {"item_ids": list(ids)}


OFFER: dict[str, Any] = {
    "item_id": "<held>",
    "eligible": True,
    "amount": 70.13,
    "fmv": 82.5,
    "buyback_percent": 0.85,
    "expires_at": nullable(TIME),
    "reason": None,
}
EXPIRED = OFFER | {
    "item_id": "<expired>",
    "eligible": False,
    "expires_at": TIME,
    "reason": "expired",
}
IN_PROGRESS = OFFER | {"item_id": "<selling>", "eligible": False, "reason": "in_progress"}


def no_offer(item_id: str) -> dict[str, Any]:
    """The quote of an item that no user here holds."""
    return dict.fromkeys(OFFER) | {"item_id": item_id, "eligible": False, "reason": "not_found"}


def line(item_id: str, error: str = "") -> dict[str, Any]:
    """A batch's line: sold, or the error."""
    if error:
        return {"item_id": item_id, "success": False, "error": error}
    return {"item_id": item_id, "success": True, "amount": 70.13}


STRANGE = (
    "nothing",
    "<sold>",
    "<shipping>",
    "<shipped>",
    "<another partner's>",
    "<in the other environment>",
)
SOLD: dict[str, Any] = {
    "item_id": "<sold>",
    "status": "completed",
    "amount": 70.13,
    "created_at": TIME,
    "completed_at": TIME,
    "payout_id": UUID,
}
SELLBACKS = [
    Row("it sells", QUOTE, asked("<held>"), 200, {"quotes": (OFFER,)}),
    Row("it has expired", QUOTE, asked("<expired>", "<held>"), 200, {"quotes": (EXPIRED, OFFER)}),
    Row(
        "nobody holds it",
        QUOTE,
        asked(*STRANGE),
        200,
        {"quotes": tuple(no_offer(one) for one in STRANGE)},
    ),
    Row("it is being sold", QUOTE, asked("<selling>"), 200, {"quotes": (IN_PROGRESS,)}, "live"),
    Row("fifty", QUOTE, asked(*["x"] * 50), 200, {"quotes": (no_offer("x"),) * 50}),
    *[Row(f"quote of {bad!r:.20}", QUOTE, {"item_ids": bad}, 400, ITEM_IDS) for bad in NOT_IDS],
    Row(
        "each on its own",
        BATCH,
        asked("<expired>", "<held>", "nothing", "<held>", "<sold>"),
        200,
        {
            "results": (
                line("<expired>", "Item has expired"),
                line("<held>"),
                line("nothing", "Item not found"),
                line("<held>", "Item not found"),
                line("<sold>", "Item not found"),
            )
        },
    ),
    Row(
        "being sold",
        BATCH,
        asked("<selling>"),
        200,
        {"results": (line("<selling>", "Item already has an active buyback session"),)},
        "live",
    ),
    *[Row(f"batch of {bad!r:.20}", BATCH, {"item_ids": bad}, 400, ITEM_IDS) for bad in NOT_IDS],
    Row("sold", f"{STATUS_OF}<sold>", None, 200, SOLD),
    *[
        Row(f"no sellback of {one}", f"{STATUS_OF}{one}", None, 404, "Item not found")
        for one in ("<held>", "nothing", "<another partner's>", "<in the other environment>", "%00")
    ],
]
