"""The project itself as an application: its commands, its migrations, its clock."""

from __future__ import annotations

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """Loads the Celery application, so that a task sent from a request finds the right broker."""

    name = "config"
    verbose_name = "Server"

    def ready(self) -> None:
        from config import celery  # noqa: F401  (imported for its effect)
