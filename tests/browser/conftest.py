"""The machine's own Chromium, a server with the fixed world in it, and a console that must stay silent."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connections
from playwright.sync_api import BrowserContext, Locator, Page, Playwright
from pytest_django.live_server_helper import LiveServer

from tests.world import PASSWORD, World, make_world

# Playwright runs an event loop in the test's thread; the ORM calls beside it are not inside a coroutine.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

# Chromium reports every answer of 400 and more as an error; a refusal is part of the conversation.
REFUSAL = re.compile(r"status of 4(09|22|29)")


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    return {
        "executable_path": os.environ.get("CHROMIUM") or shutil.which("chromium"),
        "args": ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"],
    }


@pytest.fixture(scope="session")
def browser_context_args() -> dict[str, Any]:
    return {"reduced_motion": "reduce", "timezone_id": "Asia/Tokyo", "locale": "en-US"}


@pytest.fixture
def world(transactional_db: None) -> World:
    """The fixed world, committed, so that the server sees it."""
    return make_world()


@pytest.fixture(scope="session", autouse=True)
def _connections_end(playwright: Playwright) -> Iterator[None]:
    """No connection outlives the tests, or the test database could not be dropped.

    The server's threads close theirs after every request. While Playwright's event loop runs, this thread has a
    connection of its own for it, which nobody finds again once the loop has stopped.
    """
    connections.settings["default"]["CONN_MAX_AGE"] = 0
    yield
    connections.close_all()


@pytest.fixture(autouse=True)
def _silent_console(transactional_db: None, context: BrowserContext) -> Iterator[None]:
    """An error in the console, or one that no script caught, fails the test. Closed before the database is emptied."""
    heard: list[str] = []
    context.on("console", lambda line: heard.append(line.text) if line.type == "error" else None)
    context.on("weberror", lambda error: heard.append(str(error.error)))
    yield
    context.close()
    assert [line for line in heard if not REFUSAL.search(line)] == []


@pytest.fixture
def clicks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """On what this test has clicked, or chosen something in, from here on."""
    counted: list[str] = []

    def count(name: str) -> None:
        act = getattr(Locator, name)

        def counting(self: Locator, *arguments: Any, **options: Any) -> Any:
            counted.append(str(self))
            return act(self, *arguments, **options)

        monkeypatch.setattr(Locator, name, counting)

    for name in ("click", "select_option", "check"):
        count(name)
    return counted


@pytest.fixture
def desk(page: Page, live_server: LiveServer, world: World) -> Page:
    """A page where Northwind's operator has signed in and looks at the live overview."""
    sign_in(page, live_server.url)
    return page


def sign_in(page: Page, url: str, email: str = "operator@northwind.test") -> None:
    """Through the form, as a person does."""
    page.goto(url)
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/dashboard/live/")
