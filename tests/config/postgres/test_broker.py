"""A Redis that is the queue and hangs: a web thread that wakes a worker gives up."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing
from threading import Thread

import pytest
from celery import Celery
from kombu.exceptions import OperationalError
from pytest_django.fixtures import Settings

from config import celery


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Iterator[None]:
    """It takes connections, and answers nothing."""
    monkeypatch.setattr(celery, "BROKER_WAIT", 0.2)
    with closing(socket.socket()) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        settings.CELERY_BROKER_URL = f"redis://127.0.0.1:{listening.getsockname()[1]}/0"
        yield


@pytest.mark.usefixtures("silent")
def test_a_web_thread_does_not_wait_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[BaseException] = []
    app = Celery("silent", set_as_current=False)
    app.conf.update(
        celery.broker(), task_publish_retry_policy=celery.app.conf.task_publish_retry_policy
    )

    def wake() -> None:
        try:
            app.send_task("buyback.tasks.close_windows")
        except OperationalError as error:
            heard.append(error)

    waking = Thread(target=wake, daemon=True)
    waking.start()
    waking.join(timeout=60)
    assert len(heard) == 1
