"""SIGTERM: running requests are completed, probes fail, and other processes take over."""

from __future__ import annotations

import re
import signal
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from tests.config.web.conftest import Heard, Web, read
from tests.processes import until

pytestmark = pytest.mark.slow


@pytest.fixture
def further() -> dict[str, Any]:
    return {"ROOT_URLCONF": "tests.config.web.views"}


def test_a_request_under_way_is_answered_after_sigterm(web: Web, tmp_path: Path) -> None:
    heard: list[Heard] = []
    mark = tmp_path / "begun"
    caller = threading.Thread(
        target=lambda: heard.append(web.get(f"/test/slow?seconds=1.5&mark={mark}"))
    )
    caller.start()
    until(mark.exists)
    assert web.stop() == -signal.SIGTERM
    caller.join()
    assert [(one.status, one.body) for one in heard] == [(200, b"done")]


def test_an_idle_connection_is_closed_and_the_process_ends(web: Web) -> None:
    with web.connect() as idle:
        idle.sendall(b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert read(idle).status == 200
        began = time.monotonic()
        assert web.stop() == -signal.SIGTERM
        assert time.monotonic() - began < 20  # and not DRAIN_SECONDS
        assert idle.recv(100) == b""


def test_a_stopping_process_is_alive_and_not_ready(web: Web, tmp_path: Path) -> None:
    """Checked on a connection that it still serves, behind a running request."""
    probes = b"".join(
        b"GET /%s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" % name for name in (b"livez", b"readyz")
    )
    mark = tmp_path / "begun"
    slow = f"GET /test/slow?seconds=1.5&mark={mark} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
    with web.connect() as busy:
        busy.sendall(slow + probes)
        until(mark.exists)
        web.started.send_signal(signal.SIGTERM)
        heard = b"".join(iter(lambda: busy.recv(10_000), b""))
    assert web.started.wait(40) == -signal.SIGTERM
    assert re.findall(rb"HTTP/1.1 (\d+) ", heard) == [b"200", b"200", b"503"]
    assert heard.endswith(b'{"status": "draining"}')
