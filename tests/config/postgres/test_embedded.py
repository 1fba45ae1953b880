"""The embedded PostgreSQL: shared by processes, stopped by the last one, restartable."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from config.postgres import embedded
from config.postgres.embedded_owner import owner_of

ROOT = Path(__file__).resolve().parents[3]
USER = """
import sys
from pathlib import Path
from config.postgres import embedded
print(embedded.join(Path(sys.argv[1])), flush=True)
sys.stdin.read()
"""
STRANGER = """
import os, sys, time
from pathlib import Path
from config.postgres.embedded_owner import owner_of
os.setuid(65534) if os.geteuid() == 0 else None
owner_of(Path("/"))
"""

Process = subprocess.Popen[str]


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "var"


@pytest.fixture
def joins(data_dir: Path) -> Iterator[Callable[[], Process]]:
    """Starts a process that has joined the server and leaves it when its input ends."""
    started: list[Process] = []

    def join() -> Process:
        process = subprocess.Popen(
            [sys.executable, "-c", USER, str(data_dir)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield join
    for process in started:
        leave(process)
    embedded.join(data_dir)
    embedded.leave(data_dir)


def socket_of(process: Process) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def leave(process: Process) -> None:
    with process:  # closes its input, which it waits for
        pass


def run(sockets: str, sql: str) -> object:
    with psycopg.connect(host=sockets, user="postgres", dbname=embedded.DATABASE) as connection:
        cursor = connection.execute(sql)
        return cursor.fetchone() if cursor.description else None


def test_it_is_stopped_by_the_last_of_several_users(
    joins: Callable[[], Process], data_dir: Path
) -> None:
    users = [joins() for _ in range(3)]  # in parallel, before the database exists
    sockets = {socket_of(user) for user in users}
    assert sockets == {str(data_dir / "postgres")}
    for user in users[:2]:
        leave(user)
    assert run(sockets.pop(), "SELECT 1") == (1,)
    leave(users[2])
    assert not (data_dir / "postgres" / "postmaster.pid").exists()


def test_it_keeps_the_data_when_everything_is_killed(
    joins: Callable[[], Process], data_dir: Path
) -> None:
    user = joins()
    run(socket_of(user), "CREATE TABLE kept AS SELECT 7 AS seven")
    server = int((data_dir / "postgres" / "postmaster.pid").read_text().split()[0])
    os.kill(server, signal.SIGKILL)
    user.kill()
    leave(user)
    again = joins()
    assert run(socket_of(again), "SELECT seven FROM kept") == (7,)


def test_it_uses_the_server_a_killed_user_left_running(
    joins: Callable[[], Process], data_dir: Path
) -> None:
    user = joins()
    socket_of(user)
    pid_file = data_dir / "postgres" / "postmaster.pid"
    server = pid_file.read_text().split()[0]
    user.kill()
    leave(user)
    again = joins()
    socket_of(again)
    assert pid_file.read_text().split()[0] == server
    leave(again)
    assert not pid_file.exists()


def test_it_starts_when_another_process_has_its_old_id(
    joins: Callable[[], Process], data_dir: Path
) -> None:
    user = joins()
    socket_of(user)
    pid_file = data_dir / "postgres" / "postmaster.pid"
    content = pid_file.read_text()
    leave(user)
    account = owner_of(data_dir / "postgres")
    stranger = subprocess.Popen(["sleep", "60"], **account.identity())
    pid_file.write_text("\n".join([str(stranger.pid), *content.split("\n")[1:]]))
    os.chown(pid_file, account.uid, account.gid)
    try:
        assert run(socket_of(joins()), "SELECT 1") == (1,)
    finally:
        stranger.kill()
        stranger.wait()


def test_it_repairs_a_half_created_database(joins: Callable[[], Process], data_dir: Path) -> None:
    (data_dir / "postgres.new" / "base").mkdir(parents=True)
    assert run(socket_of(joins()), "SELECT 1") == (1,)
    assert not (data_dir / "postgres.new").exists()


def test_it_keeps_a_folder_with_other_files_in_it(data_dir: Path) -> None:
    (data_dir / "postgres").mkdir(parents=True)
    (data_dir / "postgres" / "letter.txt").write_text("dear")
    with pytest.raises(embedded.EmbeddedError, match="contains files but no database"):
        embedded.join(data_dir)
    assert (data_dir / "postgres" / "letter.txt").read_text() == "dear"


def test_it_says_who_owns_a_database_of_another_os_user() -> None:
    done = subprocess.run(
        [sys.executable, "-c", STRANGER], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (
        "The database in / belongs to the OS user root; run as that user or set DATA_DIR"
        in done.stderr
    )


class TestOddFolders:
    """A socket's path may have 107 bytes, a folder's 4,096; names may have spaces and quotes."""

    @pytest.fixture(params=["an 'odd' name", "/".join(["long" * 10] * 3)])
    def data_dir(self, tmp_path: Path, request: pytest.FixtureRequest) -> Path:
        return tmp_path / str(request.param)

    def test_it_works_below_any_path(self, joins: Callable[[], Process], data_dir: Path) -> None:
        user = joins()
        sockets = socket_of(user)
        assert run(sockets, "SELECT 1") == (1,)
        leave(user)
        assert sockets == str(data_dir / "postgres") or not Path(sockets).exists()


def test_it_checks_whether_clients_are_alive(joins: Callable[[], Process]) -> None:
    assert run(socket_of(joins()), "SHOW client_connection_check_interval") == ("2s",)


def test_it_waits_for_the_disk_by_default(joins: Callable[[], Process]) -> None:
    sockets = socket_of(joins())
    assert run(sockets, "SHOW fsync") == run(sockets, "SHOW synchronous_commit") == ("on",)
