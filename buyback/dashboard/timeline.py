"""Moments of a history as a page writes them."""

from __future__ import annotations

from dataclasses import dataclass

from buyback.dashboard.story import OPEN, reason
from buyback.history import Moment
from buyback.models import Buyback
from partners.templatetags.dashboard import actor, usd

TITLES = {
    "pulled": "Pulled",
    "closes": "Sellback window closes",
    "closed": "Sellback window closed",
    "asked": "Sellback asked for",
    "submitted": "Payment asked for",
    "settled": "Sold back",
    "failed": "Sellback failed",
    "unknown": "No answer about the payment",
    "review": "Taken up by people at Phygitals",
    "payout_pending": "Payout made",
    "payout_paid": "Paid to the user",
    "payout_failed": "Payout failed",
    "ship_asked": "Shipping asked for",
    "shipped": "Shipped",
    "delivered": "Delivered",
    "ship_cancelled": "Shipping cancelled",
    "ship_failed": "Shipping failed",
}
SHIPPING = ("ship_asked", "shipped", "delivered", "ship_cancelled", "ship_failed")
WINDOW = {
    "closes": "It can be sold back until then",
    "closed": "It can no longer be sold back; the user still owns it",
}
TONES = {"settled": "good", "payout_paid": "good", "delivered": "good", "failed": "bad", "payout_failed": "bad"}
TONES |= {"ship_failed": "bad"}
TONES |= {"closes": "warn", "closed": "warn", "unknown": "warn", "review": "warn"}


@dataclass(frozen=True)
class Line:
    """One line of a timeline. ``order``: the id of the shipping order that it tells of."""

    moment: Moment
    title: str
    note: str
    tone: str
    order: str


def line(moment: Moment) -> Line:
    """A moment in words."""
    order = moment.detail if moment.kind in SHIPPING else ""
    return Line(moment, TITLES[moment.kind], "" if order else _note(moment), TONES.get(moment.kind, ""), order)


def _note(moment: Moment) -> str:
    if moment.kind == "pulled":
        return f"Worth {usd(moment.amount)}"
    if moment.kind in WINDOW:
        return WINDOW[moment.kind]
    if moment.kind == "asked":
        return f"By {actor(moment.detail)}"
    if moment.kind == "failed":
        return reason(moment.detail).sentence
    if moment.kind in ("unknown", "review"):
        return OPEN[Buyback.State(moment.kind)].sentence
    return usd(moment.amount)
