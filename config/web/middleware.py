"""Middleware: request id and client address for all requests, browser features for pages only.

The API authenticates every call, so sessions, CSRF, messages and the rest would only cost time.
``for_pages`` makes a middleware skip API paths and card pictures, which are the same for everyone
and cached by browsers and proxies. Settings list the results.
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
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.common import CommonMiddleware
from django.middleware.csrf import CsrfViewMiddleware
from django.middleware.gzip import GZipMiddleware
from django.middleware.locale import LocaleMiddleware
from django_htmx.middleware import HtmxMiddleware

from config.foundation.errors import HostNotAllowed
from config.web import limits
from config.web.session_limits import SessionLimitsMiddleware

API_ROOTS = ("/api/v1", "/_/api/v1")
API_PREFIXES = tuple(f"{root}/" for root in API_ROOTS)

Handler = Callable[[HttpRequest], HttpResponse]


def is_api(request: HttpRequest) -> bool:
    """Whether the path belongs to the partner API, live or sandbox."""
    return request.path_info.startswith(API_PREFIXES) or request.path_info in API_ROOTS


def is_no_page(request: HttpRequest) -> bool:
    """Whether session and language do not matter: the API and card pictures."""
    return is_api(request) or request.path_info.startswith("/faces/")


def for_pages(
    middleware: type[Any], *, aside: Callable[[HttpRequest], bool] = is_no_page
) -> type[Any]:
    """``middleware``, skipped where ``aside`` is true."""

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
    """Gives every response an ``X-Request-Id``: the caller's if it is valid, else a new UUID.

    The id is on ``request.request_id`` and on every log line of the request.
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


class SafeHeadersMiddleware:
    """Sends the headers that limit a browser, also with the API's responses and pictures."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        for name, value in limits.SAFE_HEADERS.items():
            response.headers.setdefault(name, value)
        return response


class HostMiddleware:
    """Refuses a request for a host that is not in ALLOWED_HOSTS.

    Health checks come before it. The API refuses by itself, because its refusals count as calls.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            if not is_api(request):
                request.get_host()
        except DisallowedHost:
            path, refused = request.path_info.encode(), HostNotAllowed
            headers, body = limits.refusal(path, refused.sentence, refused.code, ())
            response = HttpResponse(body, status=400)
            for name, value in headers:
                response[name.decode()] = value.decode()
            return response
        return self.get_response(request)


class PageLimitsMiddleware:
    """Refuses a page request whose address or headers are longer than a browser would send.

    Filters, cookies and media types are parsed on every request, and some of that work is quadratic
    in their length. The API is not affected: it reads few of them, with limits.
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
    """Sets the client's address from ``X-Forwarded-For`` if there are ``TRUSTED_PROXIES``.

    Each proxy appends the address of its client, so the outermost proxy's entry is counted from the
    end; earlier entries may be forged. With too few entries, or an invalid one, the connection's
    address stays.
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
