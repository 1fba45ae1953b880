"""The dashboard's first page: what is held, what closes soon, what was sold and paid today."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from buyback.models import Buyback, Payout
from inventory.models import Card, Item
from partners.dashboard.access import MemberRequest, member
from partners.dashboard.pages import page
from partners.models import Environment, Event

SOON = timedelta(hours=24)
RECENT = 12
SOONEST = 8


@require_safe
@member
def overview(request: MemberRequest) -> HttpResponse:
    """Four numbers, the windows that close next, and what happened last. Today is the UTC day of the environment."""
    here = request.environment
    now = here.now()
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    expiring = Item.objects.of(here).expiring(now=now, within=SOON)
    soonest = Item.objects.of(here).closing_next(now)
    context = {
        "section": "overview",
        "now": now,
        "held": Item.objects.of(here).held().size_and_value(),
        "expiring": expiring.size_and_value(),
        "sold": Buyback.objects.of(here).settled().since(today).size_and_amount(),
        "paid": Payout.objects.of(here).paid().since(today).size_and_amount(),
        "soonest": list(soonest.select_related("card", "collector")[:SOONEST]),
        "activity": _activity(here),
    }
    return page(request, "dashboard/overview.html", context)


def _activity(here: Environment) -> list[tuple[Event, Any]]:
    """The latest events, each with the card it is about."""
    events = list(Event.objects.filter(environment=here)[:RECENT])
    cards = Card.objects.by_item_id({event.data["item_id"] for event in events if "item_id" in event.data})
    return [(event, cards.get(event.data.get("item_id", ""))) for event in events]
