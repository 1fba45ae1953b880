"""Addresses of the tests alone: a request that waits, and one that takes its time."""

from __future__ import annotations

import time

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import include, path

from config.web.handler import WAITED
from config.web.waiting import Wait


def poll(request: HttpRequest) -> HttpResponse:
    """Answers after the seconds it was asked to wait for."""
    wanted, waited = float(request.GET["seconds"]), request.META[WAITED]
    response = JsonResponse({"waited": waited})
    if waited < wanted:
        response.wait = Wait("test", wanted - waited)  # type: ignore[attr-defined]
    return response


def slow(request: HttpRequest) -> HttpResponse:
    """Holds its thread for so many seconds."""
    time.sleep(float(request.GET["seconds"]))
    return HttpResponse("done")


urlpatterns = [
    path("test/poll", poll),
    path("test/slow", slow),
    path("", include("config.urls")),
]
