"""Creates `.venv` from the hashed lock and runs the command in it. Standard library only.

It needs only Python with pip: `venv --without-pip` does without ensurepip, and `pip --python`
installs from outside, so an externally managed Python stays unchanged. The file `.venv/lock` has
the name and hash of the installed lock. It says `making` during the installation, so an interrupted
one is deleted and started again.

An active environment that can import Django is used as it is.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "lock"
LOCKS = ROOT / "config" / "lock"
MAKING = "making"
FOR_DEVELOPERS = ("test", "lint")
# The Python below any active environment, because that one has pip.
BASE_PYTHON = str(getattr(sys, "_base_executable", sys.executable))


class BootstrapError(Exception):
    """The environment cannot be created; the text says why in one sentence."""


def ensure(arguments: list[str]) -> None:
    """Return inside a ready environment, or replace this process by one that is. Errors exit 2."""
    here = Path(sys.prefix).resolve() == VENV.resolve()
    if not here and _active_environment():
        return
    wanted = "dev" if arguments[:1] and arguments[0] in FOR_DEVELOPERS else "app"
    try:
        if not _fresh(wanted):
            if here:
                _replace(BASE_PYTHON)
            _prepare(wanted)
    except (BootstrapError, OSError) as error:
        fail(str(error))
    if not here:
        _replace(str(PYTHON))


def run(argv: list[str]) -> int:
    """Run the Django command. An invalid setting is one sentence and exit code 2."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import ManagementUtility, get_commands
    from django.core.management.base import BaseCommand, CommandError

    class Utility(ManagementUtility):
        """Django's utility, with errors of the command line in one sentence."""

        def fetch_command(self, subcommand: str) -> BaseCommand:
            if subcommand not in get_commands():
                fail(f"There is no command {subcommand!r}; `manage.py help` lists them.")
            command = super().fetch_command(subcommand)
            if subcommand == argv[1] and type(command).run_from_argv is BaseCommand.run_from_argv:
                try:
                    command.create_parser(argv[0], subcommand).parse_args(argv[2:])
                except CommandError as error:
                    fail(f"{subcommand}: {error}".replace("Error: ", "", 1))
            return command

    try:
        import config.settings  # noqa: F401  (read here, where a bad value can be reported plainly)
        from config.postgres import time_limits

        time_limits.use("commands")
        Utility(argv).execute()
    except ImproperlyConfigured as error:
        fail(str(error))
    except Exception as error:
        from config.postgres.trouble import sentence_of

        sentence = sentence_of(error)
        if sentence is None:
            raise
        fail(sentence)
    return 0


def fail(sentence: str) -> NoReturn:
    """Print the sentence on stderr and exit with code 2."""
    print(f"manage.py: {sentence}", file=sys.stderr)
    raise SystemExit(2)


def _active_environment() -> bool:
    return sys.prefix != sys.base_prefix and find_spec("django") is not None


def _replace(python: str) -> None:
    sys.stdout.flush()
    os.execv(python, [python, str(ROOT / "manage.py"), *sys.argv[1:]])  # noqa: S606  (no shell is wanted)


def _fresh(wanted: str) -> bool:
    """Whether the wanted lock is installed unchanged. `dev` includes all of `app`."""
    try:
        name, _, digest = STAMP.read_text().strip().partition(" ")
    except OSError:
        return False
    return name in {wanted, "dev"} and digest == _digest(name) and PYTHON.exists()


def _digest(lock: str) -> str:
    return hashlib.sha256((LOCKS / f"{lock}.txt").read_bytes()).hexdigest()


def _prepare(wanted: str) -> None:
    """Create or repair the environment, one process at a time."""
    with (ROOT / ".venv.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if _fresh(wanted):
            return
        if not _usable():
            _say(f"Making {VENV} with Python {sys.version_info.major}.{sys.version_info.minor} …")
            _python("-m", "venv", "--clear", "--without-pip", str(VENV), what="make .venv")
        elif _installed() == "dev":
            wanted = "dev"  # a developer's environment keeps its packages
        STAMP.write_text(MAKING)
        _say(f"Installing the packages of config/lock/{wanted}.txt (about half a minute) …")
        _install(wanted)
        STAMP.write_text(f"{wanted} {_digest(wanted)}")


def _installed() -> str:
    """The first word of `.venv/lock`: `app`, `dev`, `making`, or "" for a manual environment."""
    try:
        return STAMP.read_text().split(" ", 1)[0].strip()
    except OSError:
        return ""


def _usable() -> bool:
    """Whether the environment's Python runs, is new enough, and was installed completely."""
    if not PYTHON.exists() or _installed() == MAKING:
        return False
    check = "import sys; sys.exit(sys.version_info < (3, 11))"
    return (
        subprocess.run([str(PYTHON), "-c", check], check=False, capture_output=True).returncode == 0
    )


def _install(lock: str) -> None:
    _python("-m", "pip", "--version", what="find pip")
    _python(
        *(
            "-m",
            "pip",
            "--python",
            str(PYTHON),
            "install",
            "--require-hashes",
            "--no-input",
            "--retries",
            "2",
        ),
        *(
            "--disable-pip-version-check",
            "--no-warn-script-location",
            "-r",
            str(LOCKS / f"{lock}.txt"),
        ),
        what=f"install the packages of config/lock/{lock}.txt (is there a network?)",
    )


def _python(*arguments: str, what: str) -> None:
    """Run the base Python. Its output is shown only if it fails."""
    environment = {**os.environ, "PIP_USER": "0", "PIP_ROOT_USER_ACTION": "ignore"}
    done = subprocess.run(
        [BASE_PYTHON, *arguments], env=environment, check=False, capture_output=True, text=True
    )
    if done.returncode:
        lines = [line.strip() for line in (done.stderr + done.stdout).splitlines() if line.strip()]
        errors = (
            [line for line in lines if line.startswith("ERROR")] or lines or ["no reason given"]
        )
        raise BootstrapError(f"Could not {what}: {errors[-1].removeprefix('ERROR: ')}")


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
