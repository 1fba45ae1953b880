"""Django's database settings from addresses: who connects where, as which role."""

from __future__ import annotations

from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

from config.foundation import environment

NAME = "sellback"  # of the embedded database
ENCRYPTED = ("require", "verify-ca", "verify-full")  # values of sslmode
LOGIN = ("USER", "PASSWORD", "HOST", "PORT", "OPTIONS")


def default(url: str, *, prefix: str, options: dict[str, Any], tls: str) -> dict[str, Any]:
    """The database. Without ``url`` it is embedded: `config.postgres` determines the address at
    the first connection. ``options`` are those of every connection; the URL's own win. ``tls`` is
    DATABASE_TLS.
    """
    if not url:
        return {"NAME": NAME, "USER": f"{prefix or f'{NAME}_'}web", "OPTIONS": options}
    return _parsed("DATABASE_URL", url, options, tls)


def others(
    database: dict[str, Any],
    worker: str,
    migrations: str,
    *,
    prefix: str,
    options: dict[str, Any],
    tls: str,
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
            login = _parsed(name, urls[name], options, tls)
            if login["NAME"] != database["NAME"]:
                raise ImproperlyConfigured(f"{name} names another database than DATABASE_URL.")
            found |= {kind: {key: login[key] for key in LOGIN} for kind in kinds}
    return found


def _parsed(name: str, url: str, options: dict[str, Any], tls: str) -> dict[str, Any]:
    """The address in the setting ``name``, with TLS to another machine unless that is off."""
    found = environment.parsed(name, environ.Env.db_url_config, url)
    if not found.get("NAME"):
        raise ImproperlyConfigured(f"{name} names no database.")
    given = found.get("OPTIONS", {})
    if "service" in given:
        raise ImproperlyConfigured(f"{name} names a service. Name its host in the address.")
    # libpq's own parameters win over the host of the address
    hosts = [found["HOST"], *(str(given[key]) for key in ("host", "hostaddr") if key in given)]
    remote = not all(environment.is_local(host) for host in ",".join(hosts).split(","))
    usual = tls if remote and tls != "off" else "prefer"
    found["OPTIONS"] = {"sslmode": usual} | options | found.get("OPTIONS", {})
    if remote and tls != "off" and found["OPTIONS"]["sslmode"] not in ENCRYPTED:
        raise ImproperlyConfigured(
            f"{name} allows a connection without TLS. Remove its sslmode, or set DATABASE_TLS=off"
            " to allow that."
        )
    return found
