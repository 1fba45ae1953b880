"""Inventory: packs, cards, and the items that users pull from them."""
