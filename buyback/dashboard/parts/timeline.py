"""Events of a history as lines of a page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from buyback.dashboard.parts.history import Moment
from buyback.dashboard.parts.story import OPEN, reason
from buyback.models import Buyback
from config.foundation.money import usd
from partners.templatetags.dashboard import actor

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

TITLES = {
    "pulled": _("Pulled"),
    "closes": _("Sellback window closes"),
    "closed": _("Sellback window closed"),
    "asked": _("Sellback asked for"),
    "submitted": _("Payment asked for"),
    "settled": _("Sold back"),
    "failed": _("Sellback failed"),
    "unknown": _("Payment not confirmed"),
    "review": _("In review at Phygitals"),
    "payout_pending": _("Payout made"),
    "payout_paid": _("Paid to the user"),
    "payout_failed": _("Payout failed"),
    "ship_asked": _("Shipping asked for"),
    "shipped": _("Shipped"),
    "delivered": _("Delivered"),
    "ship_cancelled": _("Shipping cancelled"),
    "ship_failed": _("Shipping failed"),
}
SHIPPING = ("ship_asked", "shipped", "delivered", "ship_cancelled", "ship_failed")
WINDOW = {
    "closes": _("It can be sold back until then"),
    "closed": _("It can no longer be sold back; the user still holds it"),
}
TONES = {
    "settled": "good",
    "payout_paid": "good",
    "delivered": "good",
    "failed": "bad",
    "payout_failed": "bad",
}
TONES |= {"ship_failed": "bad"}
TONES |= {"closes": "warn", "closed": "warn", "unknown": "warn", "review": "warn"}


@dataclass(frozen=True)
class Line:
    """One line of a timeline. ``order``: the id of its shipping order."""

    moment: Moment
    title: StrOrPromise
    note: StrOrPromise
    tone: str
    order: str


def line(moment: Moment) -> Line:
    """An event in words."""
    order = moment.detail if moment.kind in SHIPPING else ""
    return Line(
        moment,
        TITLES[moment.kind],
        "" if order else _note(moment),
        TONES.get(moment.kind, ""),
        order,
    )


def _note(moment: Moment) -> StrOrPromise:
    if moment.kind == "pulled":
        return gettext("Worth %(amount)s") % {"amount": usd(moment.amount)}
    if moment.kind in WINDOW:
        return WINDOW[moment.kind]
    if moment.kind == "asked":
        return gettext("By %(who)s") % {"who": actor(moment.detail)}
    if moment.kind == "failed":
        return reason(*moment.detail.split(" ", 1)).sentence
    if moment.kind in ("unknown", "review"):
        return OPEN[Buyback.State(moment.kind)].sentence
    return usd(moment.amount)
