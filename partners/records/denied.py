"""Denied rights: each 403 that a signed-in person gets is in the audit log."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from django.core.cache import cache
from django.db import transaction
from django.http import HttpRequest, HttpResponse

from config.web.middleware import is_api
from partners.models import User
from partners.records import audit
from partners.records.actor import Actor

SECONDS = 60  # the same person at the same address is recorded once in this time


class DeniedRightsMiddleware:
    """Records a person's 403. A stale form (CSRF) is no denied right: no view was chosen for it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code == 403 and hasattr(request, "reached_a_view"):
            _record(request)
        return response

    def process_view(self, request: HttpRequest, *args: Any) -> None:
        """Runs after the check of the form's token, and only if that passed."""
        if not is_api(request):
            request.reached_a_view = True  # type: ignore[attr-defined]


def _record(request: HttpRequest) -> None:
    user = request.user
    if not isinstance(user, User):
        return
    membership = getattr(request, "membership", None)
    target = request.path[:300]
    place = hashlib.sha256(f"{request.method} {target}".encode()).hexdigest()
    if cache.add(f"denied:{user.pk}:{place}", True, SECONDS):
        with transaction.atomic():
            audit.record(
                actor=Actor.user(user),
                action="access.denied",
                target=target,
                partner=membership and membership.partner,
                after={"method": request.method},
            )
