"""`GET /healthz`: 200 when this process can serve, 503 with the reason when it cannot.

A middleware and no route: a load balancer's probe calls by IP and in the clear, which ALLOWED_HOSTS and the
redirect to https would refuse. The answer says nothing that a host could be abused for.
"""

from __future__ import annotations

from collections.abc import Callable

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse


class HealthMiddleware:
    """Answers `/healthz` before any other layer sees it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info == "/healthz" and request.method in {"GET", "HEAD"}:
            return healthz(request)
        return self.get_response(request)


def healthz(request: HttpRequest) -> JsonResponse:
    """Whether the database answers and carries every migration of this code."""
    try:
        problem = _problem()
    except DatabaseError:
        problem = "database unreachable"
    if problem:
        return JsonResponse({"status": "error", "problem": problem}, status=503)
    return JsonResponse({"status": "ok"})


def _problem() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return "migrations are missing" if missing else ""
