"""`manage.py test`: all tests, by pytest; further arguments go to pytest.

Browser tests drive the machine's Chromium ($CHROMIUM, else found on PATH; on Debian and as root it
is installed), and the guide's tests its Node. Where there is none they are left out, and one line
says why. With CI=true that is an error; with `--require-browser` a missing browser always is.
There is a process for each core, and one more for the whole suite, where many tests wait for other
processes. Arguments may say otherwise (`-n 1`, `--pdb`).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand

from config.foundation import environment

REQUIRE_BROWSER = "--require-browser"
MOST_PROCESSES = 8  # each has a separate database
# Arguments by which the caller decides about processes; a debugger needs a single one.
OWN_PROCESSES = ("-n", "--numprocesses", "--dist", "--pdb", "--trace", "-s")
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


class Command(BaseCommand):
    """Replace this process by pytest, in the same environment."""

    help = "Run the tests; arguments are pytest's, except --require-browser."
    requires_system_checks: list[str] = []

    def run_from_argv(self, argv: list[str]) -> None:
        """Bypass Django's parser, which would reject pytest's arguments."""
        self.execute_pytest(argv[2:])

    def handle(self, *args: Any, **options: Any) -> None:
        self.execute_pytest(list(args))

    def execute_pytest(self, arguments: list[str]) -> None:
        """Replace this process by pytest. Raises ImproperlyConfigured if something is missing."""
        if find_spec("pytest") is None:
            raise ImproperlyConfigured("pytest is not installed here; install config/lock/dev.txt.")
        chromium, node = find_chromium(required=REQUIRE_BROWSER in arguments), find_node()
        arguments = [argument for argument in arguments if argument != REQUIRE_BROWSER]
        if chromium:
            os.environ["CHROMIUM"] = chromium
        lacking = [
            f"not {mark}" for mark, found in (("browser", chromium), ("node", node)) if not found
        ]
        if not any(argument.startswith(OWN_PROCESSES) for argument in arguments):
            waiting = 0 if "quick" in arguments else 1
            processes = min((os.cpu_count() or 1) + waiting, MOST_PROCESSES)
            arguments = ["-n", str(processes), "--dist", "worksteal", *arguments]
        if lacking:
            arguments = ["-m", " and ".join(lacking), *arguments]
        os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
        sys.stdout.flush()
        os.chdir(settings.BASE_DIR)
        os.execv(sys.executable, [sys.executable, "-m", "pytest", *arguments])  # noqa: S606


def find_chromium(*, required: bool = False) -> str:
    """Its path; or the empty string, after saying why. Raises ImproperlyConfigured instead if it is
    ``required``, and with CI=true.
    """
    named = environment.text("CHROMIUM")
    if named and not os.access(named, os.X_OK):
        raise ImproperlyConfigured(f"CHROMIUM={named!r} is not a program.")
    why = "no Chromium here (set CHROMIUM, or install Debian's package chromium)"
    rule = f"{REQUIRE_BROWSER} was given" if required else ""
    return named or _found("Browser tests", NAMES, "chromium", why, rule=rule)


def find_node() -> str:
    """The same for Node and curl, which run the snippets of the API guide."""
    tests = "The guide's tests"
    curl = _found(tests, ("curl",), "curl", "no curl here (install it)")
    return curl and _found(
        tests, ("node",), "nodejs", "no Node here (install Node 18 or newer, as package nodejs)"
    )


def _found(tests: str, names: tuple[str, ...], package: str, why: str, *, rule: str = "") -> str:
    """The program's path, or "". ``rule``: why these tests may not be left out."""
    found = _on_path(names)
    if not found and os.geteuid() == 0 and shutil.which("apt-get"):
        failure = _install(tests, package)
        found = _on_path(names)
        why += f"; apt-get could not install {package}: {failure}" if failure else ""
    if found:
        return found
    if environment.flag("CI"):
        rule = rule or "with CI=true nothing may be left out"
    if rule:
        raise ImproperlyConfigured(f"{tests} cannot run: {why}; {rule}.")
    sys.stderr.write(f"{tests} are left out: {why}.\n")
    return ""


def _on_path(names: tuple[str, ...]) -> str:
    return next((path for name in names if (path := shutil.which(name))), "")


def _install(tests: str, package: str) -> str:
    """Install Debian's package. Return why it failed: apt-get's last line, or ""."""
    sys.stderr.write(f"Installing Debian's {package} for {tests[0].lower()}{tests[1:]} …\n")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for step in (["update", "-q"], ["install", "-qy", "--no-install-recommends", package]):
        done = subprocess.run(
            ["apt-get", *step], env=quiet, capture_output=True, text=True, check=False
        )
    said = (done.stderr or done.stdout).split("\n")
    lines = [line.strip() for line in said if line.strip()] or ["it said nothing"]
    return lines[-1].rstrip(".") if done.returncode else ""
