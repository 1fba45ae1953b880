"""The admin's door to packs, cards, items and shipping orders."""

from inventory.admin import holdings  # noqa: F401  (Django's autodiscovery finds the pages here)
