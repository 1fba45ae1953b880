"""Base views of the partner API: key, body, limits, idempotency, and JSON in every case.

An endpoint subclasses ``PartnerView`` (GET) or ``ActionView`` (POST), parses its input, makes one
call and returns plain data.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from functools import partial
from typing import Any, ClassVar, cast

import orjson
from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import SimpleTemplateResponse
from rest_framework.authentication import BaseAuthentication
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.permissions import BasePermission
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from config.foundation.errors import HostNotAllowed, InsecureCall, Refusal, RouteNotFound
from partners.api import body, throttling
from partners.api.authentication import HasKey, KeyAuthentication
from partners.api.scenarios import META, Scenarios, play, refuse_unknown
from partners.keys.scopes import EVERY, HasScope, InsufficientScope
from partners.models import ApiKey, Environment, Scope
from partners.records import idempotency, request_log
from partners.records.actor import Actor


def refuse_other_hosts(request: Request) -> None:
    """Raises HostNotAllowed for a call to a host that is not in ALLOWED_HOSTS."""
    try:
        request.get_host()
    except DisallowedHost:
        raise HostNotAllowed from None


class JsonRenderer(BaseRenderer):
    """JSON by orjson. Bytes are already rendered."""

    media_type, format = "application/json", "json"

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None
    ) -> bytes:
        if isinstance(data, bytes):
            return data
        try:
            return orjson.dumps(data)
        except TypeError:  # an integer above 64 bits, which orjson does not support
            return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()


class AlwaysJson(BaseContentNegotiation):
    """Always JSON, whatever ``Accept`` says."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return None

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> Any:
        return renderers[0], renderers[0].media_type


class PartnerView(APIView):
    """One call with one key.

    ``fault``: the sentence of an internal fault. ``scopes``: required when the key is scoped
    (default: all). ``calls``: the limit that the call counts against. ``scenarios``: what a sandbox
    call can simulate (``scenarios.py``): a refusal by its name, or None if the view does it itself.
    """

    authentication_classes: Sequence[type[BaseAuthentication]] = (KeyAuthentication,)
    permission_classes: Sequence[type[BasePermission]] = (HasKey, HasScope)
    renderer_classes = (JsonRenderer,)
    content_negotiation_class = AlwaysJson
    http_method_names = ["get", "head", "post"]
    fault: ClassVar[str] = Refusal.sentence
    scopes: ClassVar[tuple[Scope, ...]] = EVERY
    calls: ClassVar[throttling.Calls] = "read"
    scenarios: ClassVar[Scenarios] = {}
    caller: ApiKey | None = None  # the key, once it is authenticated
    received: bytes = b""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Respond, and log the call if the key is known."""
        began = time.perf_counter()
        response = super().dispatch(request, *args, **kwargs)
        if self.caller is None:
            return response
        note = partial(
            request_log.note, key=self.caller, request=request, received=self.received, began=began
        )
        if isinstance(response, SimpleTemplateResponse):  # not rendered yet
            response.add_post_render_callback(note)
        else:
            note(response)
        return response

    def perform_authentication(self, request: Request) -> None:
        """Remember the caller."""
        super().perform_authentication(request)
        self.caller = request.auth if isinstance(request.auth, ApiKey) else None

    def read(self, request: Request) -> dict[str, Any]:
        """The call's JSON object, or an empty one. Raises BodyTooLarge."""
        self.received = body.take(request)
        return body.parsed(request, self.received)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Count the call against its caller's limit, and check the key."""
        try:
            if settings.SECURE_SSL_REDIRECT and not request.is_secure():
                raise InsecureCall
            refuse_other_hosts(request)
            super().initial(request, *args, **kwargs)
        except InsufficientScope:
            self._spend_own()
            raise
        except Exception:
            self._spend(f"address:{request.META.get('REMOTE_ADDR', '')}")
            raise
        self._spend_own()
        # Before the idempotency key is read, so it is never stored.
        refuse_unknown(self.scenario, self.scenarios)
        if not hasattr(self, "post"):  # a POST simulates it under its key
            self.play_scenario()

    @property
    def scenario(self) -> str | None:
        """The scenario that a sandbox call asks for. Live ignores the header."""
        return None if self.environment.is_live else self.request.META.get(META)

    def play_scenario(self) -> None:
        """Return the simulated outcome if a sandbox call asks for one (``scenarios.py``)."""
        play(self.scenario, self.scenarios, self.fault)

    def _spend_own(self) -> None:
        self._spend(f"environment:{self.environment.pk}", self.environment.calls_per_minute)

    def _spend(self, caller: str, own: int | None = None) -> None:
        self.allowance = throttling.spend(caller, self.calls, time.time(), own)
        throttling.refuse_if_spent(self.allowance)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        if hasattr(self, "allowance"):
            for name, value in self.allowance.headers().items():
                response[name] = value
        response["Cache-Control"] = "no-store"
        return response

    @property
    def key(self) -> ApiKey:
        """The calling key."""
        key: Any = self.request.auth  # an ApiKey, because of the permission
        return cast("ApiKey", key)

    @property
    def environment(self) -> Environment:
        """The environment whose rows this call sees."""
        return self.key.environment

    @property
    def actor(self) -> Actor:
        """The ``by=`` of actions."""
        return Actor.key(self.key)


class ActionView(PartnerView):
    """A POST. ``act`` takes the parsed body and returns the response's data, or raises a Refusal.

    It acts within ``turn``: with an ``Idempotency-Key`` the response is stored and replayed by the
    rules of ``policy``. ``in_flight`` among ``scenarios`` is the refusal of a second request while
    the first is running.
    """

    calls: ClassVar[throttling.Calls] = "write"
    scenarios: ClassVar[Scenarios] = {"in_flight": idempotency.KeyInProgress}
    policy: ClassVar[idempotency.Policy] = idempotency.Policy()
    turn: idempotency.Turn

    def post(self, request: Request, **kwargs: Any) -> HttpResponseBase:
        """Read the body, act once, respond."""
        sent, key = self.read(request), request.META.get("HTTP_IDEMPOTENCY_KEY")
        request_turn = idempotency.turn(
            environment=self.environment,
            key=key,
            fingerprint=b"" if key is None else idempotency.fingerprint(request.path, sent),
            policy=self.policy,
        )
        try:
            with request_turn as self.turn:
                if not self.turn.stored:
                    self.play_scenario()
                    self.turn.body = JsonRenderer().render(self.act(sent))
        except idempotency.KeyInProgress:
            raise self.in_flight from None
        response = HttpResponse(self.turn.body, content_type=JsonRenderer.media_type)
        if self.turn.replayed:
            response["Idempotency-Replayed"] = "true"
        return response

    @property
    def in_flight(self) -> type[Refusal]:
        """The refusal of a second request while the first with its key is running."""
        return self.scenarios["in_flight"] or idempotency.KeyInProgress

    def act(self, sent: dict[str, Any]) -> Any:
        """The endpoint's one call."""
        raise NotImplementedError


class UnknownRoute(PartnerView):
    """Any path without a route: 404 in JSON, with or without a key."""

    authentication_classes = ()
    permission_classes = ()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        self._spend(f"address:{request.META.get('REMOTE_ADDR', '')}")
        refuse_other_hosts(request)
        raise RouteNotFound
