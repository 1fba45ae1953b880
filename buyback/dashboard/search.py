"""Search from any page: users, items, cards by the start of their name, sellbacks, payouts, orders.

Every query is served by an index and limited to a page of rows, so the cost does not grow.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Case, Q, Value, When
from django.http import HttpResponse
from django.views.decorators.http import require_safe

from buyback.models import Buyback, Payout
from inventory.models import Card, Collector, Item, Purchase, ShippingOrder
from partners.dashboard.fields import text
from partners.dashboard.paging import row_by_row
from partners.dashboard.permissions import MemberRequest, member
from partners.dashboard.rendering import page
from partners.models import Environment

MOST = 20  # of each kind on the page
CARDS = 200  # cards with a matching name whose pulls are searched


@dataclass(frozen=True)
class Found:
    """The results in one environment. ``more_cards``: more cards match than were searched."""

    users: list[Collector]
    items: list[Item]
    buybacks: list[Buyback]
    payouts: list[Payout]
    orders: list[ShippingOrder]
    more_cards: bool

    @property
    def size(self) -> int:
        """The number of results."""
        found = len(self.users) + len(self.items)
        return found + len(self.buybacks) + len(self.payouts) + len(self.orders)


@require_safe
@member
def search(request: MemberRequest) -> HttpResponse:
    """The results for ``q``: the whole page, or only the list while typing."""
    query = text(request.GET.get("q", ""), 255)
    context = {
        "section": "search",
        "query": query,
        "found": find(request.environment, query) if query else None,
    }
    return page(request, "buyback/dashboard/search.html", context, part="found")


def find(here: Environment, text: str) -> Found:
    """Results in this environment, complete ids first, in one transaction.

    Five queries; two more for a UUID, one more for an order's id.
    """
    if "\0" in text:
        return Found([], [], [], [], [], more_cards=False)
    uuid = _uuid(text)
    cards = Card.objects.filter(name__istartswith=text).order_by().values_list("pk", flat=True)
    with row_by_row():  # for common prefixes, PostgreSQL would otherwise scan the table
        named = list(cards[: CARDS + 1])
    orders = ShippingOrder.objects.filter(environment=here)
    users = Collector.objects.of(here).starting_with(text).order_by("user_id")
    return Found(
        users=list(users[:MOST]),
        items=_items(here, text, uuid, named[:CARDS]),
        buybacks=list(Buyback.objects.of(here).filter(pk=uuid).select_related("item__card"))
        if uuid
        else [],
        payouts=list(Payout.objects.of(here).filter(pk=uuid).select_related("buyback__item__card"))
        if uuid
        else [],
        orders=list(orders.filter(public_id=text)) if text.startswith("order_") else [],
        more_cards=len(named) > CARDS,
    )


def _items(here: Environment, text: str, uuid: UUID | None, named: list[int]) -> list[Item]:
    """Items by their own or their purchase's id, then by their card's name, newest first."""
    cards = list(
        Card.objects.filter(Q(public_id=text) | Q(listing_id=text)).values_list("pk", flat=True)
    )
    known = Q(pk=uuid) if uuid else Q(public_id=text)
    purchases = list(Purchase.objects.filter(known, environment=here).values_list("pk", flat=True))
    exact = Q(card__in=cards) | Q(purchase__in=purchases)
    rows = (
        Item.objects.of(here).filter(exact | Q(card__in=named)).select_related("card", "collector")
    )
    first = Case(When(exact, then=Value(0)), default=Value(1))
    return list(rows.order_by(first, "-purchased_at", "-id")[:MOST])


def _uuid(text: str) -> UUID | None:
    """The UUID of a sellback, payout or purchase; None for any other text."""
    try:
        return UUID(text)
    except ValueError:
        return None
