"""Views for tests: waiting, waking, slow and large responses."""

from __future__ import annotations

import time
from pathlib import Path

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import include, path

from config.web.handler import WAITED
from config.web.waiting import Wait, wake


def poll(request: HttpRequest) -> HttpResponse:
    """Responds when it is woken, or after ``seconds``."""
    waited = request.META[WAITED]
    response = JsonResponse({"waited": waited})
    if not waited:
        response.wait = Wait("test", float(request.GET["seconds"]))  # type: ignore[attr-defined]
    return response


def alarm(request: HttpRequest) -> HttpResponse:
    """Wakes every waiting request."""
    wake("test")
    return HttpResponse("woken")


def slow(request: HttpRequest) -> HttpResponse:
    """Occupies its thread for ``seconds``, after creating the file ``mark``."""
    if "mark" in request.GET:
        Path(request.GET["mark"]).touch()
    time.sleep(float(request.GET["seconds"]))
    return HttpResponse("done")


def large(request: HttpRequest) -> HttpResponse:
    """More than the buffers between server and client hold."""
    return HttpResponse(b"x" * 16_000_000)


urlpatterns = [
    path("test/large", large),
    path("test/poll", poll),
    path("test/alarm", alarm),
    path("test/slow", slow),
    path("", include("config.urls")),
]
