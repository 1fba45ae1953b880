"""The web server as ``manage.py up`` starts it (one worker), on the test's database; a client."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from threading import Thread
from typing import Any

from django.conf import settings
from django.db import connection

from tests.processes import ROOT

READY_SECONDS = 60


@dataclass(frozen=True)
class Heard:
    """A raw response."""

    status: int
    body: bytes
    replayed: bool


class Call:
    """A running request, on its own connection and thread."""

    def __init__(self, port: int, **request: Any) -> None:
        self._port, self._request = port, request
        self._heard: Heard | None = None
        self._thread = Thread(target=self._run, daemon=True)
        self._thread.start()

    def wait(self) -> Heard | None:
        """The response, or None if the connection broke."""
        self._thread.join(timeout=40)
        assert not self._thread.is_alive()
        return self._heard

    def _run(self) -> None:
        caller = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        try:
            caller.request(**self._request)
            answer = caller.getresponse()
            replayed = answer.headers.get("Idempotency-Replayed") == "true"
            self._heard = Heard(answer.status, answer.read(), replayed)
        except (OSError, http.client.HTTPException):
            return
        finally:
            caller.close()


class Server:
    """``further`` settings go to the process by ``TEST_SETTINGS``."""

    def __init__(self, **further: Any) -> None:
        self.further = further
        self.port = _free_port()
        self.name = f"web {self.port}"  # the application name of its database connections
        self.process: subprocess.Popen[bytes] | None = None
        self.log = settings.DATA_DIR / f"web-{os.getpid()}-{self.port}.log"

    def start(self) -> None:
        """Start it and wait until it responds. Repeatable."""
        if self.process is not None:
            return
        environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "tests.process_settings",
            "TEST_DATABASE": connection.settings_dict["NAME"],
            "TEST_SETTINGS": json.dumps(self.further),
            "DATA_DIR": str(settings.DATA_DIR.parent),  # tests.settings adds a folder below it
            "WEB_WORKERS": "1",
            "PGAPPNAME": self.name,
        }
        read, self._pipe = os.pipe()
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "config.local.child", "web", str(read), str(self.port)],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                pass_fds=[read],
                start_new_session=True,
            )
        os.close(read)
        self._wait()

    def kill(self) -> None:
        """``kill -9`` the server and its worker. Repeatable."""
        if self.process is None:
            return
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(timeout=30)
        os.close(self._pipe)
        self.process = None

    def stop(self) -> int:
        """Stop it with a signal, as ``up`` and process managers do; returns its exit status."""
        assert self.process is not None
        self.process.terminate()
        ended = self.process.wait(timeout=30)
        os.close(self._pipe)
        self.process = None
        return ended

    def begin(self, method: str, path: str, key: str, body: Any = None, **headers: str) -> Call:
        """Send a request without waiting for the response."""
        headers |= {"X-API-Key": key, "Content-Type": "application/json"}
        content = None if body is None else json.dumps(body).encode()
        return Call(self.port, method=method, url=path, body=content, headers=headers)

    def call(self, method: str, path: str, key: str, body: Any = None, **headers: str) -> Heard:
        """Send a request; returns its response."""
        heard = self.begin(method, path, key, body, **headers).wait()
        assert heard is not None, self.log.read_text(errors="replace")[-3000:]
        return heard

    def _wait(self) -> None:
        until = time.monotonic() + READY_SECONDS
        while self.begin("GET", "/api/v1/nothing", "").wait() is None:
            assert self.process is not None
            assert self.process.poll() is None, self.log.read_text(errors="replace")[-3000:]
            assert time.monotonic() < until, "the server does not answer"
            time.sleep(0.1)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
