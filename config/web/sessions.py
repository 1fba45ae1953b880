"""Sessions in the database: Django's own, except for the error when the database is in trouble.

Django takes every failed update for a session that was deleted meanwhile, and answers 400.
"""

from __future__ import annotations

from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import UpdateError

from config.postgres.trouble import sentence_of


class SessionStore(db.SessionStore):
    """The store that ``SESSION_ENGINE`` names."""

    def save(self, must_create: bool = False) -> None:
        """Write the session. Raises the database's own error where there was one."""
        try:
            super().save(must_create)
        except UpdateError as refused:
            cause = refused.__context__
            if cause is not None and sentence_of(cause):
                raise cause from cause.__cause__
            raise
