"""Registers the application."""

from __future__ import annotations

from django.apps import AppConfig


class InventoryConfig(AppConfig):
    """Packs, cards, and the items that users pull from them."""

    name = "inventory"
