"""Logs out expired sessions: after idle time, and after a total time. Staff have shorter limits.

The times are in the session (Unix seconds). The last request is written at most once a minute, so
that viewing pages does not write each time. Polls of a page (static/app.js) do not count.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control

BEGAN, SEEN = "login_began", "login_seen"
WRITE_EVERY = 60  # seconds


@dataclass(frozen=True)
class Limits:
    """Seconds that a login lasts: without a request, and in total."""

    idle: int
    absolute: int

    @classmethod
    def of(cls, user: Any) -> Limits:
        """The limits of a user."""
        if user.is_staff:
            return cls(settings.STAFF_SESSION_IDLE_LIMIT, settings.STAFF_SESSION_ABSOLUTE_LIMIT)
        return cls(settings.SESSION_IDLE_LIMIT, settings.SESSION_ABSOLUTE_LIMIT)


def begin(session: SessionBase, now: float) -> None:
    """Start a login in this session."""
    session[BEGAN] = session[SEEN] = int(now)


def is_over(session: SessionBase, user: Any, now: float, *, by_itself: bool = False) -> bool:
    """Whether the session's login has expired at ``now``; if not, record the request.

    A poll (``by_itself``) is not recorded. A session started elsewhere counts from its user's last
    login.
    """
    limits = Limits.of(user)
    fallback = user.last_login.timestamp() if user.last_login else now
    began = session.get(BEGAN, fallback)
    seen = session.get(SEEN, began)
    if now - began >= limits.absolute or now - seen >= limits.idle:
        return True
    if now - seen >= WRITE_EVERY and not by_itself:
        session[BEGAN], session[SEEN] = began, int(now)
    return False


class SessionLimitsMiddleware:
    """Logs out expired sessions, and keeps pages of a signed-in person out of caches."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        by_itself = "X-Poll" in request.headers
        if request.user.is_authenticated and is_over(
            request.session, request.user, time.time(), by_itself=by_itself
        ):
            logout(request)
        signed_in = request.user.is_authenticated
        response = self.get_response(request)
        if signed_in:
            # After signing out, Back must show nothing of this: a page may contain a secret.
            patch_cache_control(response, no_store=True, private=True)
        return response
