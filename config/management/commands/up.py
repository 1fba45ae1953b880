"""`manage.py up`: everything on one machine, in the foreground, until Ctrl-C.

Starts or joins the database, migrates, seeds the demo data, then runs web server, worker and beat.
Your own database (DATABASE_URL) gets demo data only with `--demo`. `--role` runs one kind of
process for a node of a larger installation. `--once` runs the main job through real HTTP and exits
0 only if every step succeeded.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from buyback.demo import main_job
from buyback.management.commands.seed_demo import count
from config.foundation import environment
from config.local.children import ChildDiedError, Children
from config.local.static_files import collect
from config.web.server import listen

READY_SECONDS = 60
ROLES = ("all", "web", "worker", "beat")
BEGIN = [
    "Your own database gets no demo data without --demo. To start, in another terminal:",
    "  python3 manage.py create_staff EMAIL --superuser",
    "  python3 manage.py create_partner 'Your partner' --slug yours",
    "  python3 manage.py create_api_key yours --mode sandbox --name first",
]


class StoppedError(Exception):
    """`up` was asked to stop."""


class Command(BaseCommand):
    """Run web, worker and beat, by default on the embedded database with demo data."""

    help = "Set up and run the whole server in the foreground: database, demo, web, worker, beat."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", help="default: $PORT, else 8000")
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1)")
        parser.add_argument(
            "--role",
            choices=ROLES,
            default="all",
            help="run one kind of process, without any set-up",
        )
        parser.add_argument(
            "--once", action="store_true", help="run the main job through HTTP, then exit"
        )
        parser.add_argument(
            "--demo", action="store_true", help="create demo data in your own DATABASE_URL too"
        )
        parser.add_argument(
            "--cards", type=count, default=5000, help="cards of new demo data (5000)"
        )
        parser.add_argument("--users", type=count, default=200, help="users of new demo data (200)")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["port"]:
            os.environ["PORT"] = options["port"]
        port = environment.whole("PORT", 8000, low=1, high=65_535)
        host, only_once = options["host"], options["once"]
        demo = settings.EMBEDDED or options["demo"]
        if only_once and not demo:
            raise ImproperlyConfigured(
                "`up --once` needs demo data: with a DATABASE_URL, add --demo."
            )
        role = options["role"]
        if role != "all" and (only_once or options["demo"]):
            raise ImproperlyConfigured(
                f"`up --role {role}` does no set-up: leave out --once and --demo."
            )
        listening = _listen(host, port) if role in ("web", "all") else None
        for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(sign, _stop)
        try:
            if role != "all":
                self._run_role(role, listening)
            assert listening is not None  # noqa: S101  (all roles, so the web's is among them)
            with _alone(settings.DATA_DIR):
                self._set_up()
                if demo:
                    self._seed(options["cards"], options["users"])
                self._run(listening, demo=demo, only_once=only_once)
        except StoppedError:
            self.stderr.write("Stopped.")
        except (ChildDiedError, main_job.StepFailedError) as error:
            raise CommandError(str(error)) from error

    def _set_up(self) -> None:
        self._say("Database …")
        call_command("migrate", verbosity=0, interactive=False)
        collect()
        connection.close()

    def _seed(self, cards: int, users: int) -> None:
        self._say("Demo data …")
        call_command("seed_demo", cards=cards, users=users)
        connection.close()

    def _run_role(self, role: str, listening: socket.socket | None) -> NoReturn:
        """Run one kind of process until a signal. Raises StoppedError, ChildDiedError."""
        children = Children(settings.BASE_DIR, settings.DATA_DIR / "log")
        try:
            if listening is None:
                children.start(role)
            else:
                children.start_web(listening, settings.WEB_WORKERS)
            self._say(f"Running {role}. Logs: {children.logs}")
            while True:
                children.check()
                time.sleep(0.5)
        finally:
            _ignore_further_signals()
            children.stop()

    def _run(self, listening: socket.socket, *, demo: bool, only_once: bool) -> None:
        children = Children(settings.BASE_DIR, settings.DATA_DIR / "log")
        try:
            self._say("Web server, worker, scheduler …")
            children.start("worker")
            children.start_web(listening, settings.WEB_WORKERS)
            children.start("beat")
            url = _address(listening)
            _wait_until_ready(url, children)
            if only_once:
                main_job.main_job(url, _demo(), self._say, children.check)
            else:
                self._say(
                    "\n".join(
                        ["", _bold(f"{url}/"), "", *(_welcome(url, _demo()) if demo else BEGIN), ""]
                    )
                )
                self._say(f"Logs: {children.logs}   Stop: Ctrl-C")
                while True:
                    children.check()
                    time.sleep(0.5)
        finally:
            _ignore_further_signals()
            children.stop()

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


def _stop(sign: int, frame: FrameType | None) -> None:
    raise StoppedError


def _ignore_further_signals() -> None:
    """The first Ctrl-C stops in order; a second one meanwhile would leave children running."""
    for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(sign, signal.SIG_IGN)


def _listen(host: str, port: int) -> socket.socket:
    """The socket of all web processes, opened before any child. Raises ImproperlyConfigured."""
    try:
        return listen(host, port)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ImproperlyConfigured(
            f"Port {port} on {host} cannot be used ({reason}); choose another with --port or PORT."
        ) from error


def _address(listening: socket.socket) -> str:
    """The URL to open in a browser on this machine."""
    host, port = listening.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@contextmanager
def _alone(data_dir: Path) -> Iterator[None]:
    """Allow one `up` for each data folder. Raises ImproperlyConfigured."""
    try:
        environment.make_data_dir(data_dir)
        lock = os.open(data_dir / "up.lock", os.O_RDONLY | os.O_CREAT, 0o644)
    except OSError as error:
        raise environment.unusable(data_dir, error) from error
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ImproperlyConfigured(
                f"Another `up` runs on the data folder {data_dir}; stop it or set DATA_DIR to "
                "another folder."
            ) from error
        yield
    finally:
        os.close(lock)


def _wait_until_ready(url: str, children: Children) -> None:
    until = time.monotonic() + READY_SECONDS
    while time.monotonic() < until:
        children.check()
        try:
            with urllib.request.urlopen(f"{url}/healthz", timeout=5):  # noqa: S310  (our own address)
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise ChildDiedError(
        f"The web server did not respond within {READY_SECONDS} seconds; the logs are in "
        f"{children.logs}."
    )


def _demo() -> dict[str, Any]:
    """Logins, keys and a sellable item of the current demo data."""
    said = StringIO()
    call_command("demo_info", stdout=said)
    found: dict[str, Any] = json.loads(said.getvalue())
    return found


def _bold(text: str) -> str:
    return f"\033[1m{text}\033[0m" if sys.stdout.isatty() else text


def _welcome(url: str, demo: dict[str, Any]) -> list[str]:
    """The lines of the welcome text: logins, keys, and a sellback to paste."""
    people = [*demo["logins"], {**demo["admin"], "role": "admin", "partner": "all"}]
    width = max(len(one["partner"]) for one in demo["api_keys"])
    return [
        "Log in",
        *(
            f"  {one['email']:<34} {one['password']:<24} {one['role']}, {one['partner']}"
            for one in people
        ),
        (
            f"  (admin: {url}/{settings.ADMIN_PATH}, which also asks for a code: python3 manage.py "
            "demo_info --code)"
        ),
        "",
        "API keys",
        *(f"  {one['partner']:<{width}} {one['mode']:<8} {one['key']}" for one in demo["api_keys"]),
        "",
        "Sell back an item",
        *_sellback(url, demo["sellback"]),
    ]


def _sellback(url: str, sale: dict[str, str] | None) -> list[str]:
    if sale is None:
        return [
            (
                "  No demo item can be sold back now: all are sold, closed or suspended. Buy "
                "pulls "
                "to go on."
            )
        ]
    return [
        f"  curl -s {url}{main_job.BASES[sale['mode']]}/vm/buyback \\",
        f"    -H 'X-API-Key: {sale['key']}' -H 'Content-Type: application/json' \\",
        f"    -d '{json.dumps({'item_id': sale['item_id']})}'",
    ]
