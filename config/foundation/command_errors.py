"""Errors of a command: one line, exit code 2."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management.base import CommandError
from django.db import OperationalError, ProgrammingError

from config.foundation.errors import Refusal


@contextmanager
def in_one_line() -> Iterator[None]:
    """Turn refusals, invalid UTF-8 and database errors into a CommandError with exit code 2."""
    try:
        yield
    except Refusal as refusal:
        raise CommandError(refusal.sentence, returncode=2) from refusal
    except UnicodeError as error:
        raise CommandError("The arguments are not valid UTF-8.", returncode=2) from error
    except (OperationalError, ProgrammingError) as error:
        first = str(error).strip().partition("\n")[0]
        raise CommandError(f"The database cannot be used: {first}", returncode=2) from error
