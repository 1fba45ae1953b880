"""What every endpoint of the partner API has in common: the key, the body, the limits, idempotency,
and JSON whatever happens.

An endpoint subclasses ``PartnerView`` (GET) or ``ActionView`` (POST), parses its input, makes one
call, returns plain data.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from functools import partial
from typing import Any, ClassVar, cast

import orjson
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import SimpleTemplateResponse
from rest_framework.authentication import BaseAuthentication
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.permissions import BasePermission
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from config.foundation import clock
from config.foundation.codes import HEADER
from config.foundation.errors import InsecureCall, Refusal, RouteNotFound
from partners.api import body, throttling
from partners.api.authentication import HasKey, KeyAuthentication
from partners.api.scenarios import META, Scenarios, play, refuse_unknown
from partners.keys.scopes import EVERY, HasScope, InsufficientScope
from partners.models import ApiKey, Environment, Scope
from partners.records import idempotency, request_log
from partners.records.actor import Actor


class JsonRenderer(BaseRenderer):
    """JSON by orjson; bytes are an answer that was rendered before."""

    media_type, format = "application/json", "json"

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None
    ) -> bytes:
        if isinstance(data, bytes):
            return data
        try:
            return orjson.dumps(data)
        except TypeError:  # a whole number above 64 bits, which JSON knows and orjson does not
            return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()


class AlwaysJson(BaseContentNegotiation):
    """The API speaks JSON, whatever ``Accept`` says."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return None

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> Any:
        return renderers[0], renderers[0].media_type


class PartnerView(APIView):
    """One call by one key. ``fault`` is the sentence of an internal fault on this endpoint;
    ``scopes`` are what a key that has any must have, every one unless told; ``calls`` is the limit
    that the call counts against; ``scenarios`` are the refusals that a sandbox call may ask for
    (``scenarios.py``), ``shown`` the names of what only live answers and yet is none: the view
    itself answers those.
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
    shown: ClassVar[tuple[str, ...]] = ()
    plays_late: ClassVar[bool] = (
        False  # a scenario's answer may be one that is kept: not before the key is read
    )
    caller: ApiKey | None = None  # the key, once it is known
    received: bytes = b""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer, and leave a note of it if the key is known."""
        began = time.perf_counter()
        response = super().dispatch(request, *args, **kwargs)
        if self.caller is None:
            return response
        note = partial(
            request_log.note, key=self.caller, request=request, received=self.received, began=began
        )
        if isinstance(response, SimpleTemplateResponse):  # its body is not written yet
            response.add_post_render_callback(note)
        else:
            note(response)
        return response

    def perform_authentication(self, request: Request) -> None:
        """Remember who calls."""
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
            super().initial(request, *args, **kwargs)
        except InsufficientScope:
            self._spend_own()
            raise
        except Exception:
            self._spend(f"address:{request.META.get('REMOTE_ADDR', '')}")
            raise
        self._spend_own()
        refuse_unknown(
            self.scenario, {*self.outcomes(), *self.shown}
        )  # before a key is read, so no key ever keeps it
        if not self.plays_late:
            self.play_scenario()

    @property
    def scenario(self) -> str | None:
        """What a sandbox call asks to be answered; in live the header means nothing."""
        return None if self.environment.is_live else self.request.META.get(META)

    def play_scenario(self) -> None:
        """Answer as live would, where a sandbox call asks for that (``scenarios.py``)."""
        if self.scenario not in self.shown:
            play(self.scenario, self.outcomes(), self.fault)

    def outcomes(self) -> Scenarios:
        """Every refusal that a call may ask for, beside a fault."""
        return self.scenarios

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
        """The key that called."""
        key: Any = self.request.auth  # an ApiKey: the permission let nobody else in
        return cast("ApiKey", key)

    @property
    def environment(self) -> Environment:
        """Whose rows this call may see."""
        return self.key.environment

    @property
    def actor(self) -> Actor:
        """The ``by=`` of actions."""
        return Actor.key(self.key)


class ActionView(PartnerView):
    """A POST. ``act`` takes the parsed body and returns the answer's data, or raises a Refusal.

    With an ``Idempotency-Key`` the answer is kept and given again. ``in_progress`` is what a second
    request is told while the first still runs; with ``sandbox_waits`` the second waits for it in
    the sandbox. ``all_or_nothing``: an answer that cannot be written takes its effect back, without
    a key as well. ``refuses_cleanly``: by the time ``act`` refuses it has undone what was to be
    undone, and what it has left is meant to stay.
    """

    in_progress: ClassVar[type[Refusal]] = idempotency.KeyInProgress
    sandbox_waits: ClassVar[bool] = False
    all_or_nothing: ClassVar[bool] = False
    calls: ClassVar[throttling.Calls] = "write"
    refuses_cleanly: ClassVar[bool] = False
    plays_late = True

    def post(self, request: Request, **kwargs: Any) -> HttpResponseBase:
        """Read the body, act once, answer."""
        sent = self.read(request)
        key = request.META.get("HTTP_IDEMPOTENCY_KEY")
        if key is None:
            with transaction.atomic() if self.all_or_nothing else nullcontext():
                self.play_scenario()
                answered = self.act(sent)
                return HttpResponse(
                    JsonRenderer().render(answered), content_type=JsonRenderer.media_type
                )
        try:
            answer = self.answer_once(key, idempotency.fingerprint(request.path, sent), sent)
        except idempotency.KeyInProgress:
            raise self.in_progress from None
        response = HttpResponse(
            answer.body, status=answer.status, content_type=JsonRenderer.media_type
        )
        if answer.code:
            response[HEADER] = str(answer.code)
        if answer.replayed:
            response["Idempotency-Replayed"] = "true"
        return response

    def outcomes(self) -> Scenarios:
        """Whatever carries an Idempotency-Key may find the first request with it still running."""
        return {"in_flight": self.in_progress} | dict(self.scenarios)

    def answer_once(self, key: str, fingerprint: bytes, sent: dict[str, Any]) -> idempotency.Answer:
        """The one answer to every request with ``key``: effect and answer in one transaction."""
        return idempotency.once(
            environment=self.environment,
            key=key,
            fingerprint=fingerprint,
            answer=lambda: self.kept(lambda: self.act(sent)),
            wait=self.sandbox_waits and not self.environment.is_live,
        )

    def answer_in_steps(
        self, key: str, fingerprint: bytes, sent: dict[str, Any]
    ) -> idempotency.Answer:
        """``answer_once`` for an ``act`` that asks somebody outside, so that no transaction is open
        meanwhile; it must refuse cleanly. The key is taken first and the answer kept last.
        """
        row = idempotency.begin(
            environment=self.environment, key=key, fingerprint=fingerprint, now=clock.now()
        )
        if row.status is not None:
            return idempotency.kept_answer(row)
        try:
            answer = self.kept(lambda: self.act(sent))
        except (
            Exception
        ):  # a fault as well: nothing was made that must stay, and the same call may be tried anew
            idempotency.forget(row)
            raise
        idempotency.keep(row, answer)
        return answer

    def kept(self, act: Callable[[], Any]) -> idempotency.Answer:
        """``act``'s answer as it will be kept. A refusal that is not kept goes on as an exception,
        so nothing is.
        """
        try:
            with nullcontext() if self.refuses_cleanly else transaction.atomic():
                self.play_scenario()
                return idempotency.Answer(200, orjson.dumps(act()))
        except Refusal as refusal:
            if not refusal.kept:
                raise
            return idempotency.Answer(refusal.status, orjson.dumps(refusal.body), refusal.code)

    def act(self, sent: dict[str, Any]) -> Any:
        """The endpoint's one call."""
        raise NotImplementedError


class UnknownRoute(PartnerView):
    """Whatever the API has no route for: 404, in JSON, with or without a key."""

    authentication_classes = ()
    permission_classes = ()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        self._spend(f"address:{request.META.get('REMOTE_ADDR', '')}")
        raise RouteNotFound
