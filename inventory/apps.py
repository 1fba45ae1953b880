"""Registers the application."""

from __future__ import annotations

from django.apps import AppConfig


class InventoryConfig(AppConfig):
    """What users hold: packs, cards, and the items pulled from them."""

    name = "inventory"
