"""The page of one item: card, prices, window, purchase and history."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from buyback.dashboard.parts.history import history
from buyback.dashboard.parts.item_cards import item_card
from buyback.dashboard.parts.story import why
from buyback.dashboard.parts.timeline import line
from buyback.models import Buyback
from inventory.models import Item
from partners.dashboard.permissions import MemberRequest, may_act, member
from partners.dashboard.rendering import page
from partners.models import Role

MOST = 200  # events of one item on its page; a failed sellback has three


@require_safe
@member
def item(request: MemberRequest, pk: int) -> HttpResponse:
    """The item of this environment, its latest sellback and its history, newest first."""
    here = request.environment
    found = get_object_or_404(Item.objects.of(here).with_card(), pk=pk)
    now = here.now()
    buyback = Buyback.objects.of(here).filter(item=found).select_related("payout").first()
    context = {
        "section": "users",
        "now": now,
        "item": found,
        "item_card": item_card(found, now),
        "buyback": buyback,
        "why": why(buyback) if buyback else None,
        "lines": [line(one) for one in history(found.collector, now=now, item=found.pk, most=MOST)],
        "may_sell": may_act(request, Role.OPERATOR),
    }
    return page(request, "buyback/dashboard/item.html", context)
