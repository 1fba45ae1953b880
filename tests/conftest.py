"""Fixtures of all tests: the world, a database that can be emptied, and ledger checks."""

from __future__ import annotations

import gc
from collections.abc import Generator, Iterator
from pathlib import Path

import hypothesis
import pytest
from django.core.cache import cache
from django.db import connection
from django.test import TransactionTestCase
from django.utils.translation import trans_real
from pytest_django import DjangoDbBlocker, Settings

from buyback.models import TreasuryControl
from partners.api import throttling
from partners.records import request_log
from tests.books import broken_rules
from tests.languages import CODE, Bracketed
from tests.world import World, make_world

# Slow machines must not fail tests.
hypothesis.settings.register_profile("here", deadline=None)
hypothesis.settings.load_profile("here")

# Tables filled by migrations, and Django's list of models.
KEPT = (
    "django_migrations",
    "django_content_type",
    "auth_permission",
    "auth_group",
    "auth_group_permissions",
)


TESTS = Path(__file__).parent
QUICK = [("architecture",), ("buyback",), ("inventory",), ("partners",)]
SLOWEST = {("benchmarks",), ("browser",), ("kills",), ("races",), ("config",)}
SLOWER = {"api", "dashboard", "admin", "demo", "live"}  # whole pages, and peers on sockets


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "breaks_books(reason): leaves the ledger broken on purpose")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Generator[None, None, None]:
    """Mark the quick part: actions and rules of money, stock and partners. Sort the slow first."""
    for item in items:
        folders = item.path.relative_to(TESTS).parts[:-1]
        if (
            folders[:1] in QUICK
            and SLOWER.isdisjoint(folders)
            and not item.get_closest_marker("slow")
        ):
            item.add_marker("quick")
    yield
    # Otherwise one process would end with a test of half a minute while the others have none left.
    items.sort(key=lambda item: item.path.relative_to(TESTS).parts[:1] not in SLOWEST)


def pytest_collection_finish() -> None:
    """What is loaded by now stays, so the garbage collector need not search it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


def empty_the_database(case: TransactionTestCase) -> None:
    """Append-only tables refuse Django's TRUNCATE, so triggers are disabled here."""
    if connection.needs_rollback or connection.in_atomic_block:
        raise AssertionError("a transactional test left a transaction open")
    tables = [name for name in connection.introspection.table_names() if name not in KEPT]
    deletes = "; ".join(f"DELETE FROM {connection.ops.quote_name(name)}" for name in tables)
    with connection.cursor() as cursor:
        # One simple query is one transaction, after which the setting is reset.
        cursor.execute(f"BEGIN; SET LOCAL session_replication_role = replica; {deletes}; COMMIT")
    cache.clear()


TransactionTestCase._fixture_teardown = empty_the_database  # type: ignore[attr-defined]


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """A new installation has caps (``tests/database/test_defaults.py``). Tests set their own."""
    with django_db_blocker.unblock():
        TreasuryControl.objects.all().delete()


@pytest.fixture(autouse=True)
def _books_balance(request: pytest.FixtureRequest) -> Iterator[None]:
    """After every test, all ledger rules hold."""
    touches = request.node.get_closest_marker("django_db") or {"db", "transactional_db"} & set(
        request.fixturenames
    )
    if touches:
        request.getfixturevalue("_django_db_helper")  # so that it is still available for the check
    yield
    if not touches or request.node.get_closest_marker("breaks_books") or connection.needs_rollback:
        return
    assert broken_rules() == []


@pytest.fixture(autouse=True)
def _calls_are_not_counted_across_tests() -> None:
    throttling.CALLS = throttling.Counter()


@pytest.fixture(autouse=True, scope="session")
def _no_thread_writes_calls() -> None:
    """Also not for calls made by shared fixtures."""
    request_log.BUFFER = request_log.Buffer(threaded=False)


@pytest.fixture(autouse=True)
def _calls_wait_until_a_test_writes_them() -> None:
    request_log.BUFFER = request_log.Buffer(threaded=False)


@pytest.fixture
def leaves_no_connection() -> Iterator[None]:
    """Killed processes release the test's database before the next test."""
    yield
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        cursor.execute("SELECT pgmq.purge_queue(queue_name) FROM pgmq.meta")


@pytest.fixture
def world(db: None) -> World:
    """Two partners, a pack, no held items (``tests/world.py``)."""
    return make_world()


@pytest.fixture
def bracketed(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> str:
    """A second language with every sentence in brackets; returns its code."""
    settings.LANGUAGES = [("en", "English"), (CODE, "In brackets")]
    monkeypatch.setitem(vars(trans_real)["_translations"], CODE, Bracketed())
    return CODE
