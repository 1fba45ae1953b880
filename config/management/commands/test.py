"""`manage.py test`: all tests, with pytest; every further argument is pytest's own.

Browser tests drive the machine's Chromium ($CHROMIUM, else found on PATH; on Debian and as root it is
installed). Where there is none they are left out with one line; with CI=true that is a failure.
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

from config import environment

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


class Command(BaseCommand):
    """Hands over to pytest in this very environment."""

    help = "Run the tests; arguments are pytest's."
    requires_system_checks: list[str] = []

    def run_from_argv(self, argv: list[str]) -> None:
        """Past Django's own parser, which would not let pytest's arguments through."""
        self.execute_pytest(argv[2:])

    def handle(self, *args: Any, **options: Any) -> None:
        self.execute_pytest(list(args))

    def execute_pytest(self, arguments: list[str]) -> None:
        """Replace this process by pytest. Raises ImproperlyConfigured where something needed is missing."""
        if find_spec("pytest") is None:
            raise ImproperlyConfigured("pytest is not installed here; install config/lock/dev.txt.")
        chromium = find_chromium()
        if chromium:
            os.environ["CHROMIUM"] = chromium
        else:
            arguments = ["-m", "not browser", *arguments]
        os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
        sys.stdout.flush()
        os.chdir(settings.BASE_DIR)
        os.execv(sys.executable, [sys.executable, "-m", "pytest", *arguments])  # noqa: S606


def find_chromium() -> str:
    """Its path; or the empty string, after saying why. Raises ImproperlyConfigured with CI=true."""
    named = environment.text("CHROMIUM")
    if named and not os.access(named, os.X_OK):
        raise ImproperlyConfigured(f"CHROMIUM={named!r} is not a program.")
    found = named or _on_path()
    if not found and os.geteuid() == 0 and shutil.which("apt-get"):
        _install()
        found = _on_path()
    if found:
        return found
    why = "no Chromium here (set CHROMIUM, or install Debian's package chromium)"
    if environment.flag("CI"):
        raise ImproperlyConfigured(f"Browser tests cannot run: {why}; with CI=true nothing may be left out.")
    sys.stderr.write(f"Browser tests are left out: {why}.\n")
    return ""


def _on_path() -> str:
    return next((path for name in NAMES if (path := shutil.which(name))), "")


def _install() -> None:
    """Debian's package; its own messages matter only when it fails, and then the line above says enough."""
    sys.stderr.write("Installing Debian's chromium for the browser tests …\n")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    log = Path(os.devnull)
    for step in (["update", "-q"], ["install", "-qy", "--no-install-recommends", "chromium"]):
        with log.open("wb") as nowhere:
            subprocess.run(["apt-get", *step], env=quiet, stdout=nowhere, stderr=nowhere, check=False)
