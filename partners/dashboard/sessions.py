"""One of a person's own sessions, ended from afar. The list is django-allauth's."""

from __future__ import annotations

from allauth.usersessions.internal.flows.sessions import end_sessions
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext
from django.views.decorators.http import require_POST


@require_POST
@login_required
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """End it; somebody else's is not found."""
    session = get_object_or_404(UserSession, user=request.user, pk=pk)
    end_sessions(request, [session])
    messages.success(request, gettext("The session has ended."))
    return redirect("usersessions_list")
