"""Admin pages for packs, cards, items and shipping orders."""

from inventory.admin import holdings  # noqa: F401  (Django's autodiscovery finds the pages here)
