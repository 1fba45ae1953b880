"""Registers the application."""

from __future__ import annotations

from django.apps import AppConfig


class BuybackConfig(AppConfig):
    """A sellback from the request to the money."""

    name = "buyback"
