"""`check --deploy` warns where one database role does everything."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Warning, register  # noqa: A004  (Django's name)


@register(deploy=True)
def separate_roles(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Warn unless web server, worker and migrations log in as three roles."""
    kinds = ("web", "worker", "migrations")
    default = settings.DATABASES["default"]["USER"]
    users = {settings.DATABASE_LOGINS.get(kind, {}).get("USER", default) for kind in kinds}
    if len(users) == len(kinds):
        return []
    return [
        Warning(
            "Web server, worker and migrations share a database role, which may then do "
            "everything.",
            hint=(
                "Run create_roles, and name the roles in DATABASE_URL, WORKER_DATABASE_URL and "
                "MIGRATION_DATABASE_URL."
            ),
            id="config.W001",
        )
    ]
