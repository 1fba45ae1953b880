"""The scene is created once for each file of rows; each row is rolled back separately."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import transaction
from pytest_django import DjangoDbBlocker

pytest.register_assert_rewrite("tests.contract.runner")

from tests.contract.scene import Scene, make_scenes  # noqa: E402
from tests.contract.served import server  # noqa: E402


@pytest.fixture(scope="module")
def scenes(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[dict[str, Scene]]:
    """Both environments' scenes, with a server."""
    with django_db_blocker.unblock(), transaction.atomic(), server() as port:
        made = make_scenes()
        for scene in made.values():
            scene.port = port
        yield made
        transaction.set_rollback(True)


@pytest.fixture
def scene(scenes: dict[str, Scene], mode: str, db: None) -> Scene:
    """The scene of the row's mode."""
    return scenes[mode]


@pytest.fixture(params=["live", "sandbox"])
def mode(request: pytest.FixtureRequest) -> str:
    """Both modes, unless a row names one."""
    found: str = request.param
    return found
