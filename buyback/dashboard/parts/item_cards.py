"""An item as a page shows it: its card, its tier, and what it sells for now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from inventory.models import Item, Tier
from inventory.pricing import Price, price


@dataclass(frozen=True)
class ItemCard:
    """One item, priced at the moment the page is made. ``tier`` is None where its pack has none for
    its value.
    """

    item: Item
    price: Price
    tier: Tier | None
    open: bool

    @property
    def sellable(self) -> bool:
        """Whether a sale would be accepted now: in the user's hands, and the window open."""
        return self.open and self.item.state == Item.State.HELD


def item_card(item: Item, now: datetime) -> ItemCard:
    """Wants ``item`` as ``Item.objects.with_card()`` loads it."""
    tier = next((one for one in item.pack.tiers.all() if one.holds(item.fmv)), None)
    return ItemCard(item, price(item), tier, item.window_is_open(now))
