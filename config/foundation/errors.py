"""Turns a domain error into the contract's response.

An action refuses by raising a subclass of ``Refusal``, defined in the action's own file. It has the
sentence and status of the contract. ``answer`` is the only place that turns an exception into a
response.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import structlog
from django.core.exceptions import TooManyFieldsSent
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response

log = structlog.get_logger(__name__)


class Refusal(Exception):
    """A request refused by rule: nothing was changed.

    ``sentence`` is the contract's error string, ``status`` its HTTP status, ``retry_after`` the
    seconds to wait, if any.
    """

    sentence: str = "An unexpected error occurred"
    status: int = 400
    retry_after: int | None = None
    more: Mapping[str, Any] = {}  # further keys of the body, for the one endpoint that has them

    def __init__(self, sentence: str | None = None) -> None:
        self.sentence = sentence or type(self).sentence
        super().__init__(self.sentence)

    @property
    def body(self) -> dict[str, Any]:
        """The response's body."""
        return {**body(self.sentence), **self.more}

    @property
    def kept(self) -> bool:
        """Whether an Idempotency-Key stores this response (contract, section 9)."""
        return self.status not in (401, 409, 413, 422, 429) and self.status < 500


class InvalidApiKey(Refusal):
    """No key, or a key that does not open this environment."""

    sentence, status = "Invalid API key", 401


class BodyTooLarge(Refusal):
    """A request body above 64 KiB."""

    sentence, status = "Request body too large", 413


class RateLimited(Refusal):
    """The caller is over its rate limit."""

    sentence, status = "Rate limit exceeded", 429

    def __init__(self, retry_after: int) -> None:
        super().__init__()
        self.retry_after = retry_after


class InsecureCall(Refusal):
    """An HTTP call where TLS is required. A redirect would turn a POST into a GET.

    The caller should replace its key, because it was sent unencrypted.
    """

    sentence = "HTTPS is required"


class HostNotAllowed(Refusal):
    """The call's host is not allowed, and no PUBLIC_URL is set."""

    sentence = "Host not allowed"


class TooManyParameters(Refusal):
    """The query has more parameters than Django's DATA_UPLOAD_MAX_NUMBER_FIELDS."""

    sentence = "Too many query parameters"


class RouteNotFound(Refusal):
    """The API has no such route."""

    sentence, status = "Not found", 404


def body(sentence: str) -> dict[str, str]:
    """The contract's error envelope."""
    return {"error": sentence}


def answer(error: Exception, context: dict[str, Any]) -> Response:
    """The response for ``error``: REST framework's ``EXCEPTION_HANDLER``.

    Anything but a refusal is logged with its traceback and answered with the view's ``fault``
    sentence, as JSON: a partner's server never gets an HTML page.
    """
    if isinstance(error, TooManyFieldsSent):
        error = TooManyParameters()
    if isinstance(error, Refusal):
        headers = {} if error.retry_after is None else {"Retry-After": str(error.retry_after)}
        return Response(error.body, status=error.status, headers=headers)
    if isinstance(error, exceptions.MethodNotAllowed):
        return Response(body("Method not allowed"), status=405)
    if isinstance(error, (Http404, exceptions.NotFound)):
        return Response(body("Not found"), status=404)
    if isinstance(
        error,
        (exceptions.NotAuthenticated, exceptions.AuthenticationFailed, exceptions.PermissionDenied),
    ):
        return Response(body(InvalidApiKey.sentence), status=InvalidApiKey.status)
    log.error("api_fault", exc_info=error)
    fault = getattr(context.get("view"), "fault", Refusal.sentence)
    return Response(body(fault), status=500)
