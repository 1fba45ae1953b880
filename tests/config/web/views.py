"""Addresses of the tests alone: requests that wait, wake others, take their time, or ask for a
lot.
"""

from __future__ import annotations

import time
from pathlib import Path

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import include, path

from config.web.handler import WAITED
from config.web.waiting import Wait, wake


def poll(request: HttpRequest) -> HttpResponse:
    """Answers when it is woken, or after so many seconds."""
    waited = request.META[WAITED]
    response = JsonResponse({"waited": waited})
    if not waited:
        response.wait = Wait("test", float(request.GET["seconds"]))  # type: ignore[attr-defined]
    return response


def alarm(request: HttpRequest) -> HttpResponse:
    """Wakes every request that waits."""
    wake("test")
    return HttpResponse("woken")


def slow(request: HttpRequest) -> HttpResponse:
    """Holds its thread for so many seconds, once it has made the file ``mark``."""
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
