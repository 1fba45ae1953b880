"""Addresses of the tests alone: requests that wait, take their time, or ask for a lot."""

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


def large(request: HttpRequest) -> HttpResponse:
    """More than the buffers between server and client hold."""
    return HttpResponse(b"x" * 16_000_000)


urlpatterns = [
    path("test/large", large),
    path("test/poll", poll),
    path("test/slow", slow),
    path("", include("config.urls")),
]
