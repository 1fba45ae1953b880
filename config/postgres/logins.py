"""Django's database settings from addresses: who connects where, as which role."""

from __future__ import annotations

from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

from config.foundation import environment

NAME = "sellback"  # of the embedded database
LOGIN = ("USER", "PASSWORD", "HOST", "PORT", "OPTIONS")


def default(url: str, *, prefix: str, options: dict[str, Any]) -> dict[str, Any]:
    """The database. Without ``url`` it is embedded: `config.postgres` determines the address at
    the first connection. ``options`` are those of every connection; the URL's own win.
    """
    if not url:
        return {"NAME": NAME, "USER": f"{prefix or f'{NAME}_'}web", "OPTIONS": options}
    found = environment.parsed("DATABASE_URL", environ.Env.db_url_config, url)
    if not found.get("NAME"):
        raise ImproperlyConfigured("DATABASE_URL names no database.")
    return found | {"OPTIONS": options | found.get("OPTIONS", {})}


def others(
    database: dict[str, Any],
    worker: str,
    migrations: str,
    *,
    prefix: str,
    options: dict[str, Any],
) -> dict[str, dict[str, Any]]:
    """How classes of processes log in (config/postgres/time_limits.py), where it is not as above.

    ``roles`` is `create_roles`. The embedded server's superuser creates its roles.
    """
    urls = {"WORKER_DATABASE_URL": worker, "MIGRATION_DATABASE_URL": migrations}
    if "HOST" not in database:
        for name in filter(urls.get, urls):
            raise ImproperlyConfigured(f"{name} is set, but DATABASE_URL is not.")
        prefix = prefix or f"{NAME}_"
        users = {"worker": f"{prefix}worker", "migrations": f"{prefix}owner", "roles": "postgres"}
        return {kind: {"USER": user} for kind, user in users.items()}
    found: dict[str, dict[str, Any]] = {}
    for name, kinds in (
        ("WORKER_DATABASE_URL", ["worker"]),
        ("MIGRATION_DATABASE_URL", ["migrations", "roles"]),
    ):
        if urls[name]:
            login = environment.parsed(name, environ.Env.db_url_config, urls[name])
            if login["NAME"] != database["NAME"]:
                raise ImproperlyConfigured(f"{name} names another database than DATABASE_URL.")
            login["OPTIONS"] = options | login.get("OPTIONS", {})
            found |= {kind: {key: login[key] for key in LOGIN} for kind in kinds}
    return found
