"""The real PostgreSQL is stopped and started again: every process recovers by itself.

The server and its demo world are this test's own: every other test's would be stopped with it.
"""

from __future__ import annotations

import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from config.postgres import embedded
from config.postgres.embedded_owner import owner_of
from tests.processes import ROOT, kill, until
from tests.races.test_worker import QUIET

FAULT = {"error": "An unexpected error occurred"}
WORKER = ("celery", "-A", "config.celery", "worker", "--concurrency", "1", "--loglevel", "INFO")
UNREACHABLE = "manage.py: The database cannot be reached."

pytestmark = pytest.mark.slow


@dataclass
class Site:
    """A database server and the processes that use it by DATABASE_URL, as in production."""

    folder: Path
    sockets: str
    running: ExitStack = field(default_factory=ExitStack)

    @property
    def surroundings(self) -> dict[str, str]:
        """The environment of its processes."""
        own = {
            "DATA_DIR": str(self.folder),
            "DATABASE_URL": f"postgresql://postgres@/sellback?host={self.sockets}",
            "SECRET_KEY": "a key of this test alone, long enough",
            "WEB_WORKERS": "1",
        }
        ours = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("DJANGO_", "TEST_"))
        }
        return ours | own

    def manage(self, *arguments: str) -> tuple[int, str, str]:
        """``manage.py``: its exit code, and what it said on either stream."""
        done = subprocess.run(
            [sys.executable, ROOT / "manage.py", *arguments],
            env=self.surroundings,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr

    def start(self, *arguments: str) -> Path:
        """``python -m <arguments>`` until the end of the test; its log."""
        log = self.folder / f"{arguments[0]}-{arguments[-1]}.log"
        read, leash = os.pipe()
        with log.open("wb") as output:
            started = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    *(str(read) if word == "LEASH" else word for word in arguments),
                ],
                cwd=ROOT,
                env=self.surroundings,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                pass_fds=[read],
                start_new_session=True,
            )
        self.running.callback(os.close, leash)
        self.running.callback(kill, started)
        os.close(read)
        return log

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Without its database server."""
        cluster, sockets = self.folder / "postgres", Path(self.sockets)
        owner = owner_of(cluster)
        embedded._tool("pg_ctl", owner, "-D", str(cluster), "-m", "fast", "-w", "stop")
        try:
            yield
        finally:
            embedded._start(cluster, sockets, owner, fast=True)
            embedded._wait_until_it_answers(cluster, sockets)


@pytest.fixture
def site() -> Iterator[Site]:
    """In the tests' own data folder: PostgreSQL's account cannot enter pytest's temporary ones."""
    folder = settings.DATA_DIR / f"site-{os.getpid()}"
    site = Site(folder, embedded.join(folder, fast=True))
    world = ("seed_demo", "--cards", "60", "--users", "4", "--days", "2")
    for command in (("migrate", "-v0"), ("collectstatic", "-v0", "--noinput"), world):
        code, _, said = site.manage(*command)
        assert code == 0, said
    with site.running:
        yield site
    embedded.leave(folder)
    shutil.rmtree(folder)


def ask(port: int, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, bytes]:
    """Status and body; 0 when nobody answers yet."""
    caller = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        content = None if body is None else json.dumps(body)
        caller.request(method, path, content, headers | {"Content-Type": "application/json"})
        answer = caller.getresponse()
        return answer.status, answer.read()
    except ConnectionError:
        return 0, b""
    finally:
        caller.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_web_server_and_worker_go_on_after_a_restart_of_the_database(site: Site) -> None:
    port = free_port()
    web = site.start("config.local.child", "web", "LEASH", str(port))
    worker = site.start(*WORKER, *QUIET)
    until(lambda: ask(port, "GET", "/healthz")[0] == 200)
    until(lambda: "ready." in worker.read_text())
    sale = json.loads(site.manage("demo_info")[1])["sellback"]
    base = "/api/v1" if sale["mode"] == "live" else "/_/api/v1"

    def sell() -> tuple[int, Any]:
        headers = {"X-API-Key": sale["key"], "Idempotency-Key": "once"}
        status, answer = ask(
            port, "POST", f"{base}/vm/buyback", {"item_id": sale["item_id"]}, **headers
        )
        return status, json.loads(answer)

    with site.stopped():
        assert sell() == (500, FAULT)
        status, page = ask(port, "GET", "/dashboard/live/", Cookie=f"sessionid={'x' * 32}")
        assert (status, b"The database cannot be reached." in page) == (503, True)
        status, page = ask(port, "GET", "/admin/", Cookie=f"sessionid={'x' * 32}")
        assert (status, b"The database cannot be reached." in page) == (503, True)
        assert ask(port, "GET", "/healthz")[0] == 503
        code, out, said = site.manage("check_ledger")
        assert (code, out, said.count("\n"), said.startswith(UNREACHABLE)) == (2, "", 1, True)
        until(lambda: "Trying again in" in worker.read_text())
    status, answer = sell()
    assert (status, answer["success"]) == (200, True), web.read_text()[-3000:]
    assert sell() == (200, answer)
    assert ask(port, "GET", "/healthz")[0] == 200
    assert ask(port, "GET", "/dashboard/live/", Cookie=f"sessionid={'x' * 32}")[0] == 302
    task = "inventory.tasks.count_items"
    subprocess.run(
        [sys.executable, "-m", "celery", "-A", "config.celery", "call", task],
        cwd=ROOT,
        env=site.surroundings,
        check=True,
        capture_output=True,
    )
    until(lambda: f"Task {task}" in worker.read_text() and "succeeded" in worker.read_text())
    assert site.manage("check_ledger")[0] == 0
