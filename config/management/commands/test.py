"""`manage.py test`: all tests, by pytest; further arguments go to pytest.

Browser tests need Chromium ($CHROMIUM, else found on PATH; as root on Debian it is installed), and
tests of the API guide need Node. If one is missing, its tests are left out with one line; with
CI=true that is a failure.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand

from config.foundation import environment

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


class Command(BaseCommand):
    """Replace this process by pytest, in the same environment."""

    help = "Run the tests; arguments are pytest's."
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
        chromium, node = find_chromium(), find_node()
        if chromium:
            os.environ["CHROMIUM"] = chromium
        lacking = [
            f"not {mark}" for mark, found in (("browser", chromium), ("node", node)) if not found
        ]
        if lacking:
            arguments = ["-m", " and ".join(lacking), *arguments]
        os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
        sys.stdout.flush()
        os.chdir(settings.BASE_DIR)
        os.execv(sys.executable, [sys.executable, "-m", "pytest", *arguments])  # noqa: S606


def find_chromium() -> str:
    """The path of Chromium, or "" after a message. Raises ImproperlyConfigured with CI=true."""
    named = environment.text("CHROMIUM")
    if named and not os.access(named, os.X_OK):
        raise ImproperlyConfigured(f"CHROMIUM={named!r} is not a program.")
    why = "no Chromium here (set CHROMIUM, or install Debian's package chromium)"
    return named or _found("Browser tests", NAMES, "chromium", why)


def find_node() -> str:
    """The same for Node and curl, which run the snippets of the API guide."""
    tests = "The guide's tests"
    curl = _found(tests, ("curl",), "curl", "no curl here (install it)")
    return curl and _found(
        tests, ("node",), "nodejs", "no Node here (install Node 18 or newer, as package nodejs)"
    )


def _found(tests: str, names: tuple[str, ...], package: str, why: str) -> str:
    found = _on_path(names)
    if not found and os.geteuid() == 0 and shutil.which("apt-get"):
        _install(tests, package)
        found = _on_path(names)
    if found:
        return found
    if environment.flag("CI"):
        raise ImproperlyConfigured(
            f"{tests} cannot run: {why}; with CI=true no test may be left out."
        )
    sys.stderr.write(f"{tests} are left out: {why}.\n")
    return ""


def _on_path(names: tuple[str, ...]) -> str:
    return next((path for name in names if (path := shutil.which(name))), "")


def _install(tests: str, package: str) -> None:
    """Install a Debian package. Its output is shown only if it fails."""
    sys.stderr.write(f"Installing Debian's {package} for {tests[0].lower()}{tests[1:]} …\n")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    log = Path(os.devnull)
    for step in (["update", "-q"], ["install", "-qy", "--no-install-recommends", package]):
        with log.open("wb") as nowhere:
            subprocess.run(
                ["apt-get", *step], env=quiet, stdout=nowhere, stderr=nowhere, check=False
            )
