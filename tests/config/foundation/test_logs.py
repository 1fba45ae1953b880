"""No line of the log lets its reader in."""

from __future__ import annotations

import logging
import logging.config
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from django.conf import settings
from django.urls import reverse

from config.foundation.logs import logging_config

SECRET = "Kx3-_secret9"


@pytest.fixture(params=["json", "text"])
def printed(request: pytest.FixtureRequest) -> Iterator[Any]:
    """What was logged, in each format."""
    stream, chosen = StringIO(), logging_config(request.param, "INFO")
    chosen["handlers"]["stderr"]["stream"] = stream
    logging.config.dictConfig(chosen)
    yield stream.getvalue
    logging.config.dictConfig(settings.LOGGING)


@pytest.mark.parametrize(
    "path",
    [
        reverse("invitation", args=[SECRET]),
        f"/account/password/reset/7-{SECRET}/",  # a route only with a mail server
    ],
)
def test_it_hides_the_secret_of_an_address(printed: Any, path: str) -> None:
    try:
        raise ValueError(f"bad {path}")
    except ValueError:
        logging.getLogger("django.request").exception("Internal Server Error: %s", path)
    logging.getLogger("x").warning("seen", extra={"path": f"https://a.example{path}?next=/"})
    lines = printed()
    assert "Internal Server Error" in lines
    assert "/account/" in lines
    assert SECRET not in lines


def test_it_changes_nothing_else(printed: Any) -> None:
    logging.getLogger("x").warning("/account/password/reset/sent/ for Zoë")
    assert "/account/password/reset/sent/ for Zo" in printed()
