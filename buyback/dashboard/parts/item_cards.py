"""An item on a page: its card, tier and current price."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from inventory.models import Item, Tier
from inventory.pricing import Price, price


@dataclass(frozen=True)
class ItemCard:
    """An item with its current price. ``tier``: None if the pack has none for its value."""

    item: Item
    price: Price
    tier: Tier | None
    open: bool

    @property
    def sellable(self) -> bool:
        """Whether a sellback would be accepted now: held, with an open window."""
        return self.open and self.item.state == Item.State.HELD


def item_card(item: Item, now: datetime) -> ItemCard:
    """The card for ``item``, loaded by ``Item.objects.with_card()``."""
    tier = next((one for one in item.pack.tiers.all() if one.holds(item.fmv)), None)
    return ItemCard(item, price(item), tier, item.window_is_open(now))
