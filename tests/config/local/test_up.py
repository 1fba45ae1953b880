"""`manage.py up` says in one sentence why it stops, and leaves no process behind."""

from __future__ import annotations

import fcntl
import itertools
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from config.local.children import ChildDiedError, Children
from config.management.commands import up
from tests.config.foundation.test_environment import ROOT, manage

STARTS_THE_CLOCK = """
import sys
from pathlib import Path
from config.local.children import Children
children = Children(Path(sys.argv[1]), Path(sys.argv[2]))
children.start("beat")
print(children.running[0].process.pid, flush=True)
sys.stdin.read()
"""
DOES_NOT_LISTEN = """
import os, signal, sys, time
from django.conf import settings
from config.local import child; from config.postgres import embedded

def deaf():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    forked = os.fork()
    if forked == 0:
        embedded.join(settings.DATA_DIR)
        print(os.getpid(), flush=True)
    while True:
        time.sleep(1)

child.GRACE_SECONDS, child.web = 1, deaf
child.main("web", sys.argv[1])
"""


def within(seconds: float, held: Callable[[], bool]) -> bool:
    until = time.monotonic() + seconds
    while not held() and time.monotonic() < until:
        time.sleep(0.05)
    return held()


def gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_it_says_that_the_port_is_in_use_before_it_starts_anything(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = manage(tmp_path, "up", PORT=str(port))
    assert done.returncode == 2
    assert done.stderr == (
        f"manage.py: Port {port} on 127.0.0.1 cannot be used (Address already in use); "
        "choose another with --port or PORT.\n"
    )
    assert not (tmp_path / "var" / "postgres").exists()


@pytest.mark.parametrize("port", ["eighty", "0", "70000"])
def test_it_refuses_an_invalid_port(tmp_path: Path, port: str) -> None:
    for done in (manage(tmp_path, "up", PORT=port), manage(tmp_path, "up", "--port", port)):
        assert done.returncode == 2
        assert done.stderr == f"manage.py: PORT={port!r} is not a whole number from 1 to 65535.\n"


def test_it_runs_the_main_job_in_your_own_database_only_with_demo(tmp_path: Path) -> None:
    own = {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing", "SECRET_KEY": "x" * 50}
    done = manage(tmp_path, "up", "--once", **own)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "manage.py: `up --once` needs demo data: with a DATABASE_URL, add --demo.\n"
    )


def test_it_says_so_when_nothing_of_the_demo_sells() -> None:
    demo: dict[str, Any] = {
        "logins": [],
        "admin": {"email": "a@b.example", "password": "secret"},
        "sellback": None,
    }
    demo["api_keys"] = [{"partner": "Finch", "mode": "live", "key": "live-key"}]
    said = "\n".join(up._welcome("http://127.0.0.1:8000", demo))
    assert "No demo item can be sold back now" in said
    assert "curl" not in said


def test_it_shares_no_data_folder_with_another(tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    with (
        (tmp_path / "var" / "up.lock").open("w") as lock,
        socket.create_server(("127.0.0.1", 0)) as free,
    ):
        fcntl.flock(lock, fcntl.LOCK_EX)
        port = free.getsockname()[1]
        free.close()
        done = manage(tmp_path, "up", "--port", str(port))
    assert done.returncode == 2
    assert done.stderr.startswith("manage.py: Another `up` runs on the data folder")


def test_its_children_and_the_database_end_when_it_is_killed(tmp_path: Path) -> None:
    surroundings = {
        **os.environ,
        "DATA_DIR": str(tmp_path / "var"),
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    with subprocess.Popen(
        [sys.executable, "-c", STARTS_THE_CLOCK, str(ROOT), str(tmp_path / "log")],
        cwd=ROOT,
        env=surroundings,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.stdout is not None
        clock = int(parent.stdout.readline())
        database = tmp_path / "var" / "postgres" / "postmaster.pid"
        assert within(20, lambda: "beat: Starting" in (tmp_path / "log" / "beat.log").read_text())
        parent.kill()
        parent.wait()
        assert within(20, lambda: gone(clock))
        assert within(20, lambda: not database.exists())


def test_a_child_that_does_not_listen_gives_the_database_up_all_the_same(tmp_path: Path) -> None:
    pipe, held = os.pipe()
    surroundings = {
        **os.environ,
        "DATA_DIR": str(tmp_path / "var"),
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    surroundings |= {"PYTHONPATH": str(ROOT), "SECRET_KEY": "x" * 50}
    with subprocess.Popen(
        [sys.executable, "-c", DOES_NOT_LISTEN, str(pipe)],
        env=surroundings,
        stdout=subprocess.PIPE,
        text=True,
        pass_fds=[pipe],
        start_new_session=True,
    ) as child:
        os.close(pipe)
        assert child.stdout is not None
        forked = int(child.stdout.readline())
        database = tmp_path / "var" / "postgres" / "postmaster.pid"
        assert database.exists()
        os.close(held)
        assert child.wait(timeout=60) == -signal.SIGKILL
        assert gone(forked)
        assert not database.exists()


def keep_checking(children: Children) -> None:
    while True:
        children.running[0].process.wait()
        children.check()


def test_a_child_that_ends_is_replaced_and_one_that_keeps_ending_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seconds = itertools.count(0, 0.5)
    children = Children(ROOT, tmp_path, clock=lambda: next(seconds))
    try:
        children.start("no-such-role")
        with pytest.raises(
            ChildDiedError, match=r"The no-such-role process ended 5 times within a minute"
        ):
            keep_checking(children)
        assert (
            capsys.readouterr().err.count(
                "The no-such-role process ended (status 1) and is replaced."
            )
            == 4
        )
    finally:
        children.stop()


def test_a_child_that_ends_now_and_then_is_replaced_for_ever(tmp_path: Path) -> None:
    seconds = itertools.count(0, 20)
    children = Children(ROOT, tmp_path, clock=lambda: next(seconds))
    try:
        children.start("no-such-role")
        for _ in range(12):
            children.running[0].process.wait()
            children.check()
        assert len(children.running) == 1
        # Others than the user and its group cannot read a log: it has names and addresses.
        assert (tmp_path / "no-such-role.log").stat().st_mode & 0o027 == 0
    finally:
        children.stop()
