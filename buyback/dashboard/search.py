"""Finding anything from any page: a user, an item, a card by how its name begins, a sellback, a
payout, an order.

Every question is answered by an index and stops after a page of rows, so a search costs the same
however much there is.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Case, Q, Value, When
from django.http import HttpResponse
from django.views.decorators.http import require_safe

from buyback.models import Buyback, Payout
from inventory.models import Card, Collector, Item, Purchase, ShippingOrder
from partners.dashboard.paging import row_by_row
from partners.dashboard.permissions import MemberRequest, member
from partners.dashboard.rendering import page
from partners.models import Environment

MOST = 20  # of each kind on the page
CARDS = 200  # cards of a name whose pulls are looked at


@dataclass(frozen=True)
class Found:
    """What a text finds in one environment. ``more_cards``: more cards begin so than were looked
    at.
    """

    users: list[Collector]
    items: list[Item]
    buybacks: list[Buyback]
    payouts: list[Payout]
    orders: list[ShippingOrder]
    more_cards: bool

    @property
    def size(self) -> int:
        """How many rows there are."""
        found = len(self.users) + len(self.items)
        return found + len(self.buybacks) + len(self.payouts) + len(self.orders)


@require_safe
@member
def search(request: MemberRequest) -> HttpResponse:
    """What ``q`` finds: the whole page, or the list alone while somebody types."""
    query = request.GET.get("q", "").strip()[:255]
    context = {
        "section": "search",
        "query": query,
        "found": find(request.environment, query) if query else None,
    }
    return page(request, "buyback/dashboard/search.html", context, part="found")


def find(here: Environment, text: str) -> Found:
    """Rows of this environment; whole ids first. Five queries, in a transaction for the first; two
    more for a UUID, one for an order's id.
    """
    if "\0" in text:
        return Found([], [], [], [], [], more_cards=False)
    uuid = _uuid(text)
    cards = Card.objects.filter(name__istartswith=text).order_by().values_list("pk", flat=True)
    with (
        row_by_row()
    ):  # where many begin so, the table would be read until enough of them have come
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
    """Items by their own id or their purchase's, then by their card's name; newest first."""
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
    """The id a sellback, a payout or a purchase may have; None for any other text."""
    try:
        return UUID(text)
    except ValueError:
        return None
