"""Chromium, a server with the fixed world, and a browser console that must stay empty."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import connections
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Playwright, Route
from pytest_django.live_server_helper import LiveServer

from tests.browser.effort import Effort, counted
from tests.world import PASSWORD, World, make_world

# Playwright runs an event loop in the test's thread. ORM calls of the tests are outside of it.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

NewContext = Callable[..., BrowserContext]


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
    """The fixed world, committed so that the server sees it."""
    return make_world()


@pytest.fixture(scope="session", autouse=True)
def _connections_end(playwright: Playwright) -> Iterator[None]:
    """Close connections at the end, so that the test database can be dropped.

    The server's threads close theirs after every request. While Playwright's event loop runs, this
    thread has a separate connection, which is unreachable after the loop has stopped.
    """
    connections.settings["default"]["CONN_MAX_AGE"] = 0
    yield
    connections.close_all()


@pytest.fixture
def new_context(
    transactional_db: None, new_context: NewContext, request: pytest.FixtureRequest
) -> Iterator[NewContext]:
    """Open a new browser context (like `page`), closed before the database is emptied.

    A console error, an uncaught exception, a policy violation or a failed request fails the test,
    unless its mark `hears` names it.
    """
    mark = request.node.get_closest_marker("hears")
    expected = mark.args if mark else ()
    heard: list[str] = []
    opened: list[BrowserContext] = []

    def listen(line: ConsoleMessage) -> None:
        if line.type == "error":
            at = line.location["url"] or (line.page.url if line.page else "")
            heard.append(f"{line.text} {urlsplit(at).path}")

    def listening(**options: Any) -> BrowserContext:
        context = new_context(**options)
        context.on("console", listen)
        context.on("weberror", lambda error: heard.append(str(error.error)))
        opened.append(context)
        return context

    yield listening
    for context in opened:
        context.close()
    assert [
        line for line in heard if not any(re.search(pattern, line) for pattern in expected)
    ] == []
    assert [
        pattern for pattern in expected if not any(re.search(pattern, line) for line in heard)
    ] == []


def answer(status: int, path: str) -> str:
    """For the mark `hears`: Chromium reports every response with status 400 or more as an error."""
    return rf"the server responded with a status of {status} \([A-Z][A-Za-z ]+\) {path}$"


def refuse_twice(page: Page, address: str) -> None:
    """A proxy in front is busy, then unavailable, for the next two requests to this address."""
    refusals = [503, 429]

    def meet(route: Route) -> None:
        if refusals:
            status = refusals.pop()
            route.fulfill(
                status=status,
                headers={"X-Request-Id": f"refused-{status}"},
                body="<h1>Not from here</h1>",
            )
        else:
            route.fallback()

    page.route(address, meet)


def refused(path: str) -> tuple[str, ...]:
    """For the mark `hears`: the errors of ``refuse_twice`` in Chromium and htmx."""
    both = (429, 503)
    return (
        *(answer(status, path) for status in both),
        *(f"Status Error Code {status} from {path}" for status in both),
    )


@pytest.fixture
def effort(monkeypatch: pytest.MonkeyPatch) -> Effort:
    """Counts the effort of a job for a new user."""
    return counted(monkeypatch)


@pytest.fixture
def desk(page: Page, live_server: LiveServer, world: World) -> Page:
    """A page with Northwind's operator signed in, on the live overview."""
    sign_in(page, live_server.url)
    return page


def sign_in(page: Page, url: str, email: str = "operator@northwind.test") -> None:
    """Sign in with the form, as a person does."""
    page.goto(url)
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/dashboard/live/")
