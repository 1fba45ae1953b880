"""A database of its own, migrated by its owner, with the four roles."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, get_args

import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from django.test import override_settings
from pytest_django import DjangoDbBlocker

from config.postgres import roles, time_limits
from tests.database.dump import another_database
from tests.world import World, make_world


@contextmanager
def login(role: str) -> Iterator[None]:
    """Let every class of process log in as a role of this database."""
    users = {kind: {"USER": roles.names()[role]} for kind in get_args(time_limits.Kind)}
    connection.close()
    with override_settings(DATABASE_LOGINS=users):
        try:
            yield
        finally:
            connection.close()


def rows(query: str, *parameters: Any, **named: Any) -> list[Any]:
    """The rows of a query."""
    with connection.cursor() as cursor:
        cursor.execute(query, named or parameters)
        found: list[Any] = cursor.fetchall()
    return found


def drop_roles(names: list[str]) -> None:
    """Roles outlive a database: they belong to the whole server."""
    with connection._nodb_cursor() as cursor:
        for name in names:
            cursor.execute(f'DROP ROLE IF EXISTS "{name}"')


@pytest.fixture(scope="module")
def _database(django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    name = f"test_roles_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"
    made = [f"{name}_{role}" for role in roles.ROLES]
    with django_db_blocker.unblock():
        try:
            with another_database(name):
                drop_roles(made)
                roles.create()
                with override_settings(
                    DATABASE_LOGINS={"migrations": {"USER": roles.names()["owner"]}}
                ):
                    call_command("migrate", verbosity=0)
                ContentType.objects.clear_cache()
                yield
        finally:
            drop_roles(made)
            ContentType.objects.clear_cache()


@pytest.fixture(scope="module")
def shop(_database: None) -> Iterator[World]:
    """The world in that database. Tests leave their rows in it."""
    cache.clear()
    yield make_world()
    cache.clear()
