"""Standard library only: runs a command inside the checkout's environment."""

from __future__ import annotations

import os
import sys


def ensure(arguments: list[str]) -> None:
    """Make the environment ready."""


def run(argv: list[str]) -> int:
    """Run the Django command; a setting that is wrong is one sentence and exit code 2."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        import config.settings  # noqa: F401  (read here, where a bad value can be reported plainly)

        execute_from_command_line(argv)
    except ImproperlyConfigured as error:
        print(f"manage.py: {error}", file=sys.stderr)
        return 2
    return 0
