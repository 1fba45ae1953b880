"""Passwords that commands ask for, or read from standard input."""

from __future__ import annotations

import sys
from getpass import getpass

from django.core.management.base import CommandError

from partners.models import User


def password_for(user: User | None, *, from_stdin: bool) -> str | None:
    """The password of a new account, None for an existing ``user`` who keeps their own.

    Raises CommandError.
    """
    if from_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
        if not password:
            raise CommandError("Standard input contains no password.", returncode=2)
        return password
    return None if user else _asked()


def _asked() -> str:
    """A password typed twice. Raises CommandError."""
    if not sys.stdin.isatty():
        raise CommandError("There is no terminal to ask on; use --password-stdin.", returncode=2)
    try:
        first, second = getpass("Password: "), getpass("Again: ")
    except (EOFError, KeyboardInterrupt) as error:
        raise CommandError("No password was given.", returncode=2) from error
    if first != second:
        raise CommandError("The two passwords differ.", returncode=2)
    return first
