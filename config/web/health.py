"""Health checks. They contain no data and accept any host, so a load balancer can probe by address.

* ``/livez``: the process responds. Nothing else is checked.
* ``/readyz``: the process can serve: the database responds, has every migration of this code, and
  the process is not stopping.
* ``/healthz``: the same without the last condition; kept for older probes.

A database that is read-only for a while, as in a failover, counts as ready: reads are answered.

503 names the problem. Migrations are planned until none is missing, then never again: the code of a
running process does not change.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable

from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse

from config.web import limits
from config.web.handler import Answer

PATIENCE = 2.0  # seconds for a probe
DRAINING = threading.Event()  # set when the process is asked to stop

Health = tuple[int, dict[str, str]]
OK: Health = (200, {"status": "ok"})
UNREACHABLE: Health = (503, {"status": "error", "problem": "database unreachable"})
MISSING: Health = (503, {"status": "error", "problem": "migrations are missing"})
STOPPING: Health = (503, {"status": "draining"})

_migrated: set[str] = set()  # databases with every migration


class HealthMiddleware:
    """Responds to health checks before other middleware: probes call by address, without TLS."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        check = CHECKS.get(request.path_info)
        if check is None or request.method not in {"GET", "HEAD"}:
            return self.get_response(request)
        status, body = check()
        response = HttpResponse(json.dumps(body), content_type="application/json", status=status)
        response["Cache-Control"] = "no-store"
        return response


def livez() -> Health:
    """Whether the process responds."""
    return OK


def readyz() -> Health:
    """Whether the process should get new requests."""
    return STOPPING if DRAINING.is_set() else healthz()


def healthz() -> Health:
    """Whether the database responds and has every migration of this code."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return OK if _is_migrated() else MISSING
    except Error:
        return UNREACHABLE


CHECKS: dict[str, Callable[[], Health]] = {
    "/livez": livez,
    "/readyz": readyz,
    "/healthz": healthz,
}


def as_answer(outcome: Health, sent: Iterable[limits.Header]) -> Answer:
    """A check's outcome as the server's response. ``sent``: the request's headers."""
    status, body = outcome
    content = json.dumps(body).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"cache-control", b"no-store"),
        limits.id_for(sent),
    ]
    return Answer(status, headers, content, len(content))


def _is_migrated() -> bool:
    name = str(connection.settings_dict["NAME"])
    if name not in _migrated:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return False
        _migrated.add(name)
    return True
