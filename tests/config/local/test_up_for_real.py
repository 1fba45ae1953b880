"""`manage.py up` from a user's view: its printed commands work, and it leaves nothing behind."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil
import psycopg
import pytest
from django.conf import settings

from config.postgres import embedded
from tests.config.foundation.test_environment import ROOT
from tests.config.local.test_up import gone, within

pytestmark = pytest.mark.slow

SMALL = ("--cards", "300", "--users", "6")


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Outside of pytest's folder, because another session of pytest would remove parent folders."""
    with TemporaryDirectory(prefix="up-", ignore_cleanup_errors=True) as made:
        yield Path(made)


def free_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return str(free.getsockname()[1])


@contextmanager
def running(
    folder: Path, *arguments: str, **variables: str
) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """`up` on this data folder, and its output file; killed at the end if it still runs."""
    said = folder / "said"
    surroundings = {**os.environ, "DATA_DIR": str(folder / "var"), **variables}
    surroundings.pop("DJANGO_SETTINGS_MODULE", None)
    command = [sys.executable, str(ROOT / "manage.py"), "up", *SMALL, *arguments]
    with said.open("wb") as output:
        process = subprocess.Popen(
            command, env=surroundings, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        yield process, said
    except BaseException:
        sys.stderr.write(said.read_text(errors="replace"))
        raise
    finally:
        process.kill()
        process.wait()


def ready(process: subprocess.Popen[bytes], said: Path) -> list[psutil.Process]:
    """Every process below `up`, after its complete output."""
    assert within(120, lambda: "Stop: Ctrl-C" in said.read_text() or process.poll() is not None)
    assert process.poll() is None
    return psutil.Process(process.pid).children(recursive=True)


def left(below: list[psutil.Process], folder: Path) -> list[object]:
    """What remains after `up`: processes and the database's file."""
    server = folder / "var" / "postgres" / "postmaster.pid"
    return [*(one for one in below if not gone(one.pid)), *([server] if server.exists() else [])]


def paste(said: str) -> tuple[int, Any]:
    """Run the printed curl command, split as a shell does; returns its response."""
    command = said[said.index("curl ") : said.index("Logs: ")]
    words = shlex.split(command.replace("\\\n", " "))
    assert words[:2] == ["curl", "-s"]
    assert words[3::2] == ["-H", "-H", "-d"]
    headers = dict(word.split(": ", 1) for word in words[4:8:2])
    request = urllib.request.Request(words[2], data=words[8].encode(), headers=headers)  # noqa: S310
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310  (our own address)
        return answer.status, json.load(answer)


def test_it_plays_the_main_job_once_and_leaves_nothing(folder: Path) -> None:
    with running(folder, "--once", "--port", free_port()) as (process, said):
        assert process.wait(timeout=240) == 0, said.read_text()
        lines = said.read_text()
    assert len(re.findall(r"^\[(?:sandbox|live)\] Sold back the first", lines, re.MULTILINE)) == 2
    assert lines.endswith("The ledger balances.\n")
    assert not left([], folder)
    assert not [one for one in psutil.process_iter() if belongs_to(folder, one)]


def belongs_to(folder: Path, process: psutil.Process) -> bool:
    """Whether this process was started on the data folder."""
    try:
        return process.environ().get("DATA_DIR") == str(folder / "var") or str(folder) in " ".join(
            process.cmdline()
        )
    except psutil.Error:
        return False


def test_it_leaves_nothing_when_it_is_killed_and_starts_again(folder: Path) -> None:
    port = free_port()
    with running(folder, "--port", port) as (process, said):
        below = ready(process, said)
        process.kill()
        assert within(60, lambda: not left(below, folder)), left(below, folder)
    with running(folder, "--port", port) as (process, said):
        below = ready(process, said)
        _check_what_it_printed(folder, port, said.read_text())
        _check_that_killed_web_processes_are_replaced(process, port, below)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 0
    assert said.read_text().count("ended (status -9) and is replaced.") == 2
    assert not left(below, folder)
    assert len(below) >= 3


def _check_what_it_printed(folder: Path, port: str, text: str) -> None:
    """The address, every login and key, and a sellback that works."""
    assert f"\nhttp://127.0.0.1:{port}/\n" in text
    demo = json.loads((folder / "var" / "demo.json").read_text())
    for one in [*demo["logins"], demo["admin"]]:
        assert re.search(
            rf"^  {re.escape(one['email'])} +{re.escape(one['password'])} ", text, re.MULTILINE
        )
    assert all(one["key"] in text for one in demo["api_keys"])
    status, answer = paste(text)
    assert (status, answer["success"]) == (200, True)


def _check_that_killed_web_processes_are_replaced(
    process: subprocess.Popen[bytes], port: str, below: list[psutil.Process]
) -> None:
    """One after the other: the server answers all the time, and both are replaced."""
    webs = [
        one for one in below if "web" in one.cmdline() and "config.local.child" in one.cmdline()
    ]
    assert len(webs) == 2
    for killed in (webs[0], webs[1]):
        killed.kill()
        for _ in range(20):
            assert alive(port)
    assert within(5, lambda: len(serving(process)) == 2)
    assert not {one.pid for one in serving(process)} & {one.pid for one in webs}
    assert alive(port)


def serving(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    """The current web processes."""
    found = psutil.Process(process.pid).children()
    return [one for one in found if not gone(one.pid) and "web" in one.cmdline()]


def alive(port: str) -> bool:
    """Whether the server is ready. Without a process, a connection waits in the socket."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=20) as answer:
            return bool(answer.status == 200)
    except urllib.error.HTTPError:
        return False


def test_it_seeds_nothing_into_a_database_of_your_own(folder: Path, tmp_path: Path) -> None:
    _share_static_files(folder, tmp_path)
    sockets = embedded.join(Path(settings.DATA_DIR), fast=True)
    name = f"own_{os.getpid()}"
    with psycopg.connect(
        host=sockets, user="postgres", dbname="postgres", autocommit=True
    ) as server:
        server.execute(f"CREATE DATABASE {name}")
        try:
            own = {
                "DATABASE_URL": f"postgresql://postgres@/{name}?host={sockets}",
                "SECRET_KEY": "x" * 50,
            }
            with running(tmp_path, "--port", free_port(), **own) as (process, said):
                ready(process, said)
                assert "manage.py create_staff EMAIL --superuser" in said.read_text()
                with psycopg.connect(host=sockets, user="postgres", dbname=name) as own_database:
                    for table in (
                        "partners_user",
                        "partners_partner",
                        "inventory_card",
                        "inventory_pack",
                    ):
                        assert own_database.execute(f"SELECT count(*) FROM {table}").fetchone() == (
                            0,
                        )
                process.send_signal(signal.SIGINT)
                assert process.wait(timeout=60) == 0
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")
    assert not (tmp_path / "var" / "demo.json").exists()


def _share_static_files(made: Path, folder: Path) -> None:
    """Copy them if another test's `up` has collected them, because compressing takes seconds."""
    stamp = made / "var" / "static.sha256"
    if stamp.exists():
        shutil.copytree(stamp.with_suffix(""), folder / "var" / "static")
        shutil.copy(stamp, folder / "var")


def test_it_runs_one_role_alone_on_a_database_that_is_ready(folder: Path) -> None:
    port, surroundings = free_port(), {**os.environ, "DATA_DIR": str(folder / "var")}
    surroundings.pop("DJANGO_SETTINGS_MODULE", None)
    migrate = [sys.executable, str(ROOT / "manage.py"), "migrate", "--verbosity", "0"]
    subprocess.run(migrate, env=surroundings, check=True)
    with running(folder, "--role", "web", "--port", port) as (process, said):
        assert within(60, lambda: "Running web." in said.read_text())
        assert within(60, lambda: len(serving(process)) == 2 and alive(port))
        assert len(psutil.Process(process.pid).children()) == 2
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0


@pytest.mark.parametrize("more", ["--once", "--demo"])
def test_a_role_sets_nothing_up(folder: Path, more: str) -> None:
    with running(folder, "--role", "beat", more) as (process, said):
        assert process.wait(timeout=60) == 2
    assert (
        said.read_text()
        == "manage.py: `up --role beat` does no set-up: leave out --once and --demo.\n"
    )
