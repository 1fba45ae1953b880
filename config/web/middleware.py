"""Middleware: a request id and the client's address for everything, and the browser's layers for
pages only.

The API carries its own credentials on every call, so sessions, CSRF, messages and the rest would
only cost time there. ``for_pages`` makes a middleware step aside on API paths, and on those of
cards' faces, which are the same for everybody and kept by browsers and by what stands between;
settings list the results.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import structlog
from allauth.core.internal.httpkit import clean_client_ip
from csp.middleware import CSPMiddleware
from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.common import CommonMiddleware
from django.middleware.csrf import CsrfViewMiddleware
from django.middleware.gzip import GZipMiddleware
from django.middleware.locale import LocaleMiddleware
from django_htmx.middleware import HtmxMiddleware

from config.web import limits
from config.web.session_limits import SessionLimitsMiddleware

API_ROOTS = ("/api/v1", "/_/api/v1")
API_PREFIXES = tuple(f"{root}/" for root in API_ROOTS)

Handler = Callable[[HttpRequest], HttpResponse]


def is_api(request: HttpRequest) -> bool:
    """Whether the path belongs to the partner API, live or sandbox."""
    return request.path_info.startswith(API_PREFIXES) or request.path_info in API_ROOTS


def is_no_page(request: HttpRequest) -> bool:
    """Whether nobody's session or language matters: the API, and the cards' faces."""
    return is_api(request) or request.path_info.startswith("/faces/")


def for_pages(
    middleware: type[Any], *, aside: Callable[[HttpRequest], bool] = is_no_page
) -> type[Any]:
    """``middleware``, stepping ``aside`` where it has nothing to do."""

    class PagesOnly(middleware):  # type: ignore[misc]
        def __call__(self, request: HttpRequest) -> HttpResponse:
            response: HttpResponse = (
                self.get_response(request) if aside(request) else super().__call__(request)
            )
            return response

        def process_view(self, request: HttpRequest, *args: Any) -> HttpResponse | None:
            if aside(request) or not hasattr(middleware, "process_view"):
                return None
            response: HttpResponse | None = super().process_view(request, *args)
            return response

    PagesOnly.__name__ = PagesOnly.__qualname__ = f"Pages{middleware.__name__}"
    PagesOnly.__doc__ = middleware.__doc__
    return PagesOnly


PagesGZipMiddleware = for_pages(GZipMiddleware, aside=is_api)
PagesSessionMiddleware = for_pages(SessionMiddleware)
PagesLocaleMiddleware = for_pages(LocaleMiddleware)
PagesCommonMiddleware = for_pages(CommonMiddleware)
PagesCsrfViewMiddleware = for_pages(CsrfViewMiddleware)
PagesAuthenticationMiddleware = for_pages(AuthenticationMiddleware)
PagesSessionLimitsMiddleware = for_pages(SessionLimitsMiddleware)
PagesMessageMiddleware = for_pages(MessageMiddleware)
PagesXFrameOptionsMiddleware = for_pages(XFrameOptionsMiddleware)
PagesCSPMiddleware = for_pages(CSPMiddleware)
PagesHtmxMiddleware = for_pages(HtmxMiddleware)


class RequestIdMiddleware:
    """Gives every answer an ``X-Request-Id``: the caller's own if it sent a sane one, else a new
    UUID.

    The id is on ``request.request_id`` and on every log line written while the request runs.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id = limits.request_id(request.META.get("HTTP_X_REQUEST_ID", ""))
        request.request_id = request_id  # type: ignore[attr-defined]
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            response = self.get_response(request)
        response["X-Request-Id"] = request_id
        return response


class PageLimitsMiddleware:
    """Refuses a page's request whose address or headers are longer than any browser of ours sends.

    Filters, cookies and lists of types are read on every request, and some of that work grows with
    the square of their length. The API is not affected: it reads few of them, and bounds those it
    reads.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not is_api(request):
            meta = request.META
            if (
                len(request.path_info) + len(meta.get("QUERY_STRING", ""))
                > settings.PAGE_ADDRESS_LIMIT
            ):
                return HttpResponse("Address too long", status=414, content_type="text/plain")
            if (
                sum(len(value) for name, value in meta.items() if name.startswith("HTTP_"))
                > settings.PAGE_HEADER_LIMIT
            ):
                return HttpResponse("Headers too large", status=431, content_type="text/plain")
        return self.get_response(request)


class ClientAddressMiddleware:
    """Puts the client's address in place of the connection's, where ``TRUSTED_PROXIES`` of our own
    stand in front.

    Each of them adds to the end of ``X-Forwarded-For`` whom it was asked by, so the entry of the
    first of them counts from the end; whatever stands before it may be invented. Where there are
    fewer entries, or that one is no address, the connection's own stays.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        count: int = settings.TRUSTED_PROXIES
        entries = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
        if 0 < count <= len(entries):
            request.META["REMOTE_ADDR"] = (
                clean_client_ip(entries[-count].strip()) or request.META["REMOTE_ADDR"]
            )
        return self.get_response(request)
