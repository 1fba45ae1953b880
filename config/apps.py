"""The project as an application: its commands and migrations."""

from __future__ import annotations

from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps
from django.contrib.staticfiles import apps as staticfiles_apps


class ConfigConfig(AppConfig):
    """Loads the Celery application, so that tasks sent by a request use the right broker, and the
    project's own checks.
    """

    default = True
    name = "config"
    verbose_name = "Server"

    def ready(self) -> None:
        from config import celery  # noqa: F401  (imported for its effect)
        from config.postgres import checks  # noqa: F401  (the same)


class AdminConfig(admin_apps.AdminConfig):
    """Django admin with our own site (``config/admin/site.py``)."""

    default = False
    default_site = "config.admin.site.StaffSite"


class StaticFilesConfig(staticfiles_apps.StaticFilesConfig):
    """Collects only the library files that our pages use, because compressing the rest is slow."""

    default = False
    ignore_patterns = [
        *staticfiles_apps.StaticFilesConfig.ignore_patterns,
        "rest_framework",
        "redoc",
    ]
