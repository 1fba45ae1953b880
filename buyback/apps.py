"""Registers the application."""

from __future__ import annotations

from django.apps import AppConfig


class BuybackConfig(AppConfig):
    """Sellbacks, from the request to the payout."""

    name = "buyback"
