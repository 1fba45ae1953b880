"""The project itself as an application: its commands, its migrations, its clock."""

from __future__ import annotations

from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps
from django.contrib.staticfiles import apps as staticfiles_apps


class ConfigConfig(AppConfig):
    """Loads the Celery application, so that a task sent from a request finds the right broker."""

    default = True
    name = "config"
    verbose_name = "Server"

    def ready(self) -> None:
        from config import celery  # noqa: F401  (imported for its effect)


class AdminConfig(admin_apps.AdminConfig):
    """Django admin behind our own door (``config/admin/site.py``)."""

    default = False
    default_site = "config.admin.site.StaffSite"


class StaticFilesConfig(staticfiles_apps.StaticFilesConfig):
    """Collects nothing of a library that no page of ours shows: compressing that took longer than
    all the rest.
    """

    default = False
    ignore_patterns = [
        *staticfiles_apps.StaticFilesConfig.ignore_patterns,
        "rest_framework",
        "redoc",
    ]
