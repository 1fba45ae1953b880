"""Packs of cards, the users who pull them, and their items."""

from inventory.models.catalogue import Card, CardFile, Pack, PackActivity, PriceChange, Tier
from inventory.models.holdings import Collector, Item, Purchase
from inventory.models.prices import PriceProposal
from inventory.models.shipping import ShippedItem, ShippingOrder, ShippingQuote
from inventory.models.tallies import Tally, UserTally

__all__ = [
    "Card",
    "CardFile",
    "Collector",
    "Item",
    "Pack",
    "PackActivity",
    "PriceChange",
    "PriceProposal",
    "Purchase",
    "ShippedItem",
    "ShippingOrder",
    "ShippingQuote",
    "Tally",
    "Tier",
    "UserTally",
]
