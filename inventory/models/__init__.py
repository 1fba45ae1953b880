"""What users hold: packs of cards, the people who pull them, and what they pulled."""

from inventory.models.catalogue import Card, Pack, PackActivity, Tier
from inventory.models.holdings import Collector, Item, Purchase

__all__ = ["Card", "Collector", "Item", "Pack", "PackActivity", "Purchase", "Tier"]
