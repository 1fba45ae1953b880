"""Who logs in as which role of the database."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from config.postgres.checks import encrypted_connections, separate_roles
from tests.config.foundation.test_environment import manage

SHOW = """
import json
from django.db import connection
from config.postgres import time_limits
found = {}
for kind in ("web", "worker", "commands", "migrations", "roles"):
    time_limits.use(kind)
    params = connection.get_connection_params()
    found[kind] = [params.get(name) for name in ("user", "password", "host", "port", "dbname")]
print(json.dumps(found))
"""
OWN = {
    "SECRET_KEY": "x" * 32,
    "DATABASE_URL": "postgresql://shop_web:one@db:6432/shop",
}
WEB = ["shop_web", "one", "db", 6432, "shop"]


def logins(tmp_path: Path, **environment: str) -> Any:
    done = manage(tmp_path, "shell", "--no-imports", "-c", SHOW, **environment)
    assert not done.stderr, done.stderr
    return json.loads(done.stdout)


def test_one_role_does_everything_unless_others_are_named(tmp_path: Path) -> None:
    found = logins(tmp_path, **OWN)
    assert found == dict.fromkeys(found, WEB)


def test_worker_and_migrations_log_in_by_their_own_addresses(tmp_path: Path) -> None:
    """Nothing of DATABASE_URL is added to them: not its password, and not its pooler's port."""
    found = logins(
        tmp_path,
        **OWN,
        WORKER_DATABASE_URL="postgresql://shop_worker:two@db:6432/shop",
        MIGRATION_DATABASE_URL="postgresql://shop_owner@db/shop",
    )
    owner = ["shop_owner", None, "db", None, "shop"]
    assert found == {
        "web": WEB,
        "worker": ["shop_worker", "two", "db", 6432, "shop"],
        "commands": WEB,
        "migrations": owner,
        "roles": owner,
    }


def users(*names: str) -> dict[str, dict[str, str]]:
    return {
        kind: {"USER": name} for kind, name in zip(("worker", "migrations"), names, strict=True)
    }


@pytest.mark.parametrize(
    ("logins", "warned"),
    [
        ({}, True),
        (users("web", "owner"), True),
        (users("worker", "web"), True),
        (users("other", "other"), True),
        (users("worker", "owner"), False),
    ],
    ids=str,
)
def test_deploy_checks_warn_where_roles_are_shared(
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    logins: dict[str, dict[str, str]],
    warned: bool,
) -> None:
    monkeypatch.setitem(settings.DATABASES["default"], "USER", "web")
    settings.DATABASE_LOGINS = logins
    assert [found.id for found in separate_roles(None)] == ["config.W001"] * warned


@pytest.mark.parametrize("name", ["DATABASE_URL", "WORKER_DATABASE_URL", "MIGRATION_DATABASE_URL"])
def test_no_address_may_do_without_tls(tmp_path: Path, name: str) -> None:
    done = manage(tmp_path, "check", **OWN | {name: "postgresql://u@db/shop?sslmode=prefer"})
    assert done.returncode == 2
    assert f"{name} allows a connection without TLS." in done.stderr


def test_the_deployment_check_names_what_is_not_encrypted(settings: Settings) -> None:
    assert encrypted_connections(None) == []
    settings.DATABASE_TLS = settings.PEER_TLS = "off"
    assert [one.id for one in encrypted_connections(None)] == ["config.W002", "config.W003"]


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://u@/shop?host=db.example&sslmode=prefer",
        "postgresql://u@localhost/shop?hostaddr=203.0.113.9&sslmode=prefer",
        "postgresql://u@localhost,db/shop?sslmode=prefer",
        "postgresql://u@/shop?service=shop",
    ],
)
def test_no_parameter_of_an_address_avoids_tls(tmp_path: Path, address: str) -> None:
    done = manage(tmp_path, "check", **OWN | {"DATABASE_URL": address})
    assert done.returncode == 2
    assert done.stderr.startswith("manage.py: DATABASE_URL ")


def test_another_machine_in_a_parameter_is_reached_with_tls(tmp_path: Path) -> None:
    url = "postgresql://u@/shop?host=db.example"
    show = "from django.conf import settings as s; print(s.DATABASES['default']['OPTIONS'])"
    done = manage(tmp_path, "shell", "-v0", "-c", show, **OWN | {"DATABASE_URL": url})
    assert "'sslmode': 'require'" in done.stdout
