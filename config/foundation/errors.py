"""Turns a domain error into the contract's response.

An action refuses by raising a subclass of ``Refusal``, defined in the action's own file. Each
carries its code (``codes.py``), and the sentence and status that the published contract gives it.
Programs branch on the class or the code. Doors render the sentence; for the API, ``answer`` is the
only place that turns an exception into a response.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import structlog
from django.core.exceptions import TooManyFieldsSent
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response

from config.foundation.codes import HEADER, Code

log = structlog.get_logger(__name__)


class Refusal(Exception):
    """A request refused by rule: nothing was changed.

    ``code`` is what programs branch on, ``sentence`` the contract's error string, ``status`` its
    HTTP status, ``retry_after`` seconds to wait, if any.
    """

    code: Code = Code.INTERNAL_ERROR
    sentence: str = "An unexpected error occurred"
    status: int = 400
    retry_after: int | None = None
    replayed: bool = False  # the stored response of an idempotency key
    more: Mapping[str, Any] = {}  # further keys of the body, for the one endpoint that has them

    def __init__(self, sentence: str | None = None) -> None:
        self.sentence = sentence or type(self).sentence
        super().__init__(self.sentence)

    @property
    def body(self) -> dict[str, Any] | bytes:
        """The response's body: data, or bytes that were rendered before."""
        return {**body(self.sentence), **self.more}

    @property
    def kept(self) -> bool:
        """Whether an Idempotency-Key stores this response (contract, section 9)."""
        return self.status not in (401, 409, 413, 422, 429) and self.status < 500


class InvalidApiKey(Refusal):
    """No key, or a key that does not open this environment."""

    code = Code.INVALID_API_KEY
    sentence, status = "Invalid API key", 401


class BodyTooLarge(Refusal):
    """A request body above 64 KiB."""

    code = Code.BODY_TOO_LARGE
    sentence, status = "Request body too large", 413


class RateLimited(Refusal):
    """The caller is over its rate limit."""

    code = Code.RATE_LIMITED
    sentence, status = "Rate limit exceeded", 429

    def __init__(self, retry_after: int) -> None:
        super().__init__()
        self.retry_after = retry_after


class InsecureCall(Refusal):
    """An HTTP call where TLS is required. A redirect would turn a POST into a GET.

    The caller should replace its key, because it was sent unencrypted.
    """

    code = Code.HTTPS_REQUIRED
    sentence = "HTTPS is required"


class HostNotAllowed(Refusal):
    """The call's host is not in ALLOWED_HOSTS."""

    code = Code.HOST_NOT_ALLOWED
    sentence = "Host not allowed"


class TooManyParameters(Refusal):
    """The query has more parameters than Django's DATA_UPLOAD_MAX_NUMBER_FIELDS."""

    code = Code.TOO_MANY_PARAMETERS
    sentence = "Too many query parameters"


class RouteNotFound(Refusal):
    """The API has no such route."""

    code = Code.NOT_FOUND
    sentence, status = "Not found", 404


class MethodNotAllowed(Refusal):
    """The route exists, but not for this method."""

    code = Code.METHOD_NOT_ALLOWED
    sentence, status = "Method not allowed", 405


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
    if isinstance(error, exceptions.MethodNotAllowed):
        error = MethodNotAllowed()
    elif isinstance(error, (Http404, exceptions.NotFound)):
        error = RouteNotFound()
    elif isinstance(
        error,
        (exceptions.NotAuthenticated, exceptions.AuthenticationFailed, exceptions.PermissionDenied),
    ):
        error = InvalidApiKey()
    if isinstance(error, Refusal):
        headers = {HEADER: str(error.code)}
        if error.retry_after is not None:
            headers["Retry-After"] = str(error.retry_after)
        if error.replayed:
            headers["Idempotency-Replayed"] = "true"
        return Response(error.body, status=error.status, headers=headers)
    log.error("api_fault", exc_info=error)
    fault = getattr(context.get("view"), "fault", Refusal.sentence)
    return Response(body(fault), status=500, headers={HEADER: str(Code.INTERNAL_ERROR)})
