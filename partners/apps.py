"""Registers the application."""

from __future__ import annotations

from django.apps import AppConfig


class PartnersConfig(AppConfig):
    """Partners, their environments, keys, people and limits."""

    name = "partners"
