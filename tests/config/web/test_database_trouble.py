"""Database errors over real sockets: every interface responds and recovers; no half effects."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection

from buyback.models import Buyback, Payout, Transfer
from config.web import session_limits
from inventory.models import Item
from tests.config.web.conftest import Heard, Web
from tests.dashboard.steps import signed_in
from tests.processes import until
from tests.world import World, make_item

pytestmark = pytest.mark.slow
# roles belong to the server, not to one database
USER = f"web_of_{os.environ.get('PYTEST_XDIST_WORKER', 'one')}"
FAULT = {"error": "An unexpected error occurred"}
FORM = b"csrfmiddlewaretoken=x"


@pytest.fixture
def further() -> dict[str, Any]:
    """A separate role that can be limited, because the tests' role is a superuser."""
    return {"DATABASE": {"USER": USER}}


@pytest.fixture(autouse=True)
def _role(transactional_db: None) -> Iterator[None]:
    run(
        f"DROP ROLE IF EXISTS {USER}",
        f"CREATE ROLE {USER} LOGIN",
        f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {USER}",
        f"GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {USER}",
    )
    yield
    end_connections()
    run(f"DROP OWNED BY {USER}", f"DROP ROLE {USER}")


def run(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def end_connections() -> None:
    run(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = '{USER}'")


@contextmanager
def read_only() -> Iterator[None]:
    """As in a failover: connections end, and new ones are read-only."""
    run(f"ALTER ROLE {USER} SET default_transaction_read_only = on")
    end_connections()
    yield
    run(f"ALTER ROLE {USER} RESET default_transaction_read_only")


@contextmanager
def crowded() -> Iterator[None]:
    """No free connection."""
    run(f"ALTER ROLE {USER} CONNECTION LIMIT 0")
    end_connections()
    yield
    run(f"ALTER ROLE {USER} CONNECTION LIMIT -1")


@contextmanager
def full() -> Iterator[None]:
    """Simulates a full disk: the insert fails with PostgreSQL's error for it."""
    run(
        "CREATE FUNCTION disk_is_full() RETURNS trigger LANGUAGE plpgsql AS "
        "$$BEGIN RAISE 'could not extend file' USING ERRCODE = '53100'; END$$",
        (
            "CREATE TRIGGER disk_is_full BEFORE INSERT ON buyback_payout FOR EACH ROW EXECUTE "
            "FUNCTION disk_is_full()"
        ),
        (
            "CREATE TRIGGER disk_is_full BEFORE INSERT ON django_session FOR EACH ROW EXECUTE "
            "FUNCTION disk_is_full()"
        ),
    )
    yield
    run("DROP FUNCTION disk_is_full CASCADE")


def sell(web: Web, key: str, item: Item, **headers: str) -> Heard:
    return web.post(
        "/api/v1/vm/buyback", json.dumps({"item_id": item.public_id}).encode(), key=key, **headers
    )


def written() -> list[int]:
    return [model._default_manager.count() for model in (Buyback, Payout, Transfer)]


@pytest.mark.parametrize("trouble", [read_only, crowded, full])
def test_a_failed_sellback_changes_nothing_and_its_key_works_afterwards(
    web: Web, world: World, trouble: Any
) -> None:
    item, key = make_item(world.northwind.live), world.northwind.live_key
    assert web.get("/api/v1/inventory/ada", X_API_Key=key).status == 404  # a connection is open
    with trouble():
        for _ in range(3):
            heard = sell(web, key, item, Idempotency_Key="once")
            assert (heard.status, heard.json) == (500, FAULT)
        item.refresh_from_db()
        assert (item.state, written()) == ("held", [0, 0, 0])
    until(lambda: sell(web, key, item, Idempotency_Key="once").status == 200, seconds=10)
    assert written() == [1, 1, 1]
    assert sell(web, key, item, Idempotency_Key="once").headers["idempotency-replayed"] == "true"
    assert written() == [1, 1, 1]


def test_reads_go_on_while_the_database_is_read_only(web: Web, world: World) -> None:
    item, key = make_item(world.northwind.live), world.northwind.live_key
    with read_only():
        shown = web.get(f"/api/v1/inventory/{item.collector.user_id}", X_API_Key=key)
        assert (shown.status, len(shown.json["items"])) == (200, 1)
        assert web.get("/readyz").status == 200
        refused = web.post("/login/", FORM)
        assert refused.status in {403, 503}
    assert sell(web, key, item).status in {200, 500}
    until(lambda: written() == [1, 1, 1] or sell(web, key, item).status == 200, seconds=10)


def test_a_page_that_cannot_save_its_session_says_why(web: Web, world: World) -> None:
    """The session is due to be written: the last request was two minutes ago."""
    session = signed_in(world.northwind.operator).session
    session[session_limits.BEGAN] = session[session_limits.SEEN] = time.time() - 120
    session.save()
    cookie = f"sessionid={session.session_key}"
    with read_only():
        heard = web.get("/dashboard/live/", Cookie=cookie)
        assert heard.status == 503
        assert "The database is read-only at the moment" in heard.body.decode()
    until(lambda: web.get("/dashboard/live/", Cookie=cookie).status == 200, seconds=10)


def test_a_page_without_a_database_says_what_to_do(web: Web, world: World) -> None:
    with crowded():
        for path in ("/dashboard/", "/admin/"):
            heard = web.get(path, Cookie="sessionid=anything")
            assert heard.status == 503, path
            page = heard.body.decode()
            assert "The database has no connection left for this server." in page
            assert "Wait a minute and try again." in page
            assert heard.headers["retry-after"] == "10"
            assert heard.headers["x-request-id"] in page
            assert "Traceback" not in page
        for path, status in (("/livez", 200), ("/readyz", 503), ("/healthz", 503)):
            assert web.get(path).status == status
    assert web.get("/login/").status == 200
    until(lambda: web.get("/readyz").status == 200, seconds=10)


def test_a_restart_is_survived(web: Web, world: World) -> None:
    """Every connection ends, as in a restart of PostgreSQL."""
    key = world.northwind.live_key
    for _ in range(3):
        assert sell(web, key, make_item(world.northwind.live)).status == 200
        end_connections()
    assert sell(web, key, make_item(world.northwind.live)).status == 200
    assert written() == [4, 4, 4]
