"""`check --deploy` warns about what a setting allows and a site should not."""

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


@register(deploy=True)
def encrypted_connections(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Warn where TLS to other machines is off."""
    return [
        Warning(
            f"{name} is off, so {what} may be reached without TLS.",
            hint=f"Remove {name}, unless that network is yours alone.",
            id=f"config.W{number:03}",
        )
        for number, (name, what) in enumerate(
            (
                ("DATABASE_TLS", "the database"),
                ("PEER_TLS", "oracle, treasury and carrier"),
            ),
            2,
        )
        if getattr(settings, name) == "off"
    ]
