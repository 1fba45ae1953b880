"""A process may open as many files as it serves connections."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from config.web import server
from config.web.server import allow_files


@pytest.fixture(autouse=True)
def _soft() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_low_limit_is_raised_as_far_as_needed() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allow_files(300)
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == (300, hard)
    allow_files(200)
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == (300, hard)


def test_the_hard_limit_stays_and_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    raised: list[tuple[int, int]] = []
    said: list[dict[str, int]] = []
    monkeypatch.setattr(
        server, "log", SimpleNamespace(warning=lambda _, **values: said.append(values))
    )
    monkeypatch.setattr(resource, "getrlimit", lambda _: (256, 400))
    monkeypatch.setattr(resource, "setrlimit", lambda _, limits: raised.append(limits))
    allow_files(1000)
    monkeypatch.undo()
    assert (raised, said) == ([(400, 400)], [{"limit": 400, "needed": 1000}])
