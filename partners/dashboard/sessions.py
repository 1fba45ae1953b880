"""The page that lists one's own sessions and revokes one remotely. The query count is constant."""

from __future__ import annotations

from typing import Any, cast

from allauth.usersessions.internal.flows.sessions import end_sessions
from allauth.usersessions.models import UserSession
from allauth.usersessions.views import ListUserSessionsView
from django.contrib import messages
from django.contrib.auth import HASH_SESSION_KEY
from django.contrib.sessions.models import Session
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext
from django.views.generic.edit import FormView

from config.foundation import clock
from partners.dashboard.permissions import form_only, to_login
from partners.models import User

MOST_SESSIONS = 100  # that the page lists, each read and decoded


class Sessions(ListUserSessionsView):
    """django-allauth's page and form, whose own list takes three queries for each session."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        sessions = current_sessions(cast("User", self.request.user))
        listed = {"sessions": sessions, "session_count": len(sessions)}
        return FormView.get_context_data(self, **kwargs) | listed


def current_sessions(user: User) -> list[UserSession]:
    """A user's newest valid sessions, oldest first. Invalid ones among them are deleted."""
    noted = list(UserSession.objects.filter(user=user).order_by("-created_at")[:MOST_SESSIONS])[
        ::-1
    ]
    kept = Session.objects.filter(
        session_key__in=[one.session_key for one in noted], expire_date__gt=clock.now()
    )
    hashes = {user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()}
    good = {one.session_key for one in kept if one.get_decoded().get(HASH_SESSION_KEY) in hashes}
    over = [one.pk for one in noted if one.session_key not in good]
    if over:
        UserSession.objects.filter(pk__in=over).delete()
    return [one for one in noted if one.session_key in good]


@form_only
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """End the session. Another user's session gives 404."""
    if not request.user.is_authenticated:
        return to_login(request)
    session = get_object_or_404(UserSession, user=request.user, pk=pk)
    end_sessions(request, [session])
    messages.success(request, gettext("The session has ended."))
    return redirect("usersessions_list")
