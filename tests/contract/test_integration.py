"""An integration that knows only the description meets every response promised for the sandbox.

The cases come from the document, so a promised outcome that does not occur fails, and so does a new
one without a way to cause it. For each response the integration also knows the next step.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pytest
from django.http import HttpResponse
from django.test import override_settings
from pytest_django import DjangoDbBlocker

from partners.models import Mode, Scope
from tests.contract.runner import UNSENT, send
from tests.contract.scene import Scene
from tests.processes import ROOT
from tests.shipments import ADDRESS
from tests.world import make_key

BASE = "/_/api/v1"
DOCUMENT = json.loads((ROOT / "docs" / "api" / "openapi.json").read_text(encoding="utf-8"))
PATHS = {path: calls for path, calls in DOCUMENT["paths"].items() if path.startswith(BASE)}
SAME_AGAIN = (409, 429, 500)  # after which the same call with the same key is retried
KEY = {"Idempotency-Key": "made once for what the user asked"}


@dataclass(frozen=True)
class Outcome:
    """A response that the description promises: a sentence, or the pattern of one."""

    call: str
    status: int
    sentence: str

    def __str__(self) -> str:
        return (
            f"{self.call.removeprefix('post ').removeprefix('get ')} {self.status} {self.sentence}"
        )


def promised() -> Iterator[Outcome]:
    """Every refusal of every call."""
    for path, calls in PATHS.items():
        for method, call in calls.items():
            for status, answer in call["responses"].items():
                schema = answer["content"]["application/json"]["schema"]
                error = schema.get("properties", {}).get("error", {}) if status != "200" else {}
                for kind in error.get("anyOf", [error]):
                    for sentence in kind.get(
                        "enum", [kind["pattern"]] if "pattern" in kind else []
                    ):
                        yield Outcome(
                            f"{method.upper()} {path.removeprefix(BASE)}", int(status), sentence
                        )


class Integration:
    """A partner's server, which bought three pulls, sold back the first and shipped the second."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        packs = self.ok("GET /vm/available")
        orders = [
            {"id": one["id"], "amount": 3, "user_id": "a user"} for one in packs if one["in_stock"]
        ]
        answers = ((order, send(scene, "POST /vm/buy/init", order)) for order in orders)
        buying, answer = next(
            tried for tried in answers if tried[1].status_code == 200
        )  # there may be fewer cards
        bought = json.loads(answer.content)
        empty = next(one for one in packs if not one["in_stock"])
        self.sold, ordered, self.item = (one["id"] for one in bought["nfts"])
        self.ok("POST /vm/buyback", {"item_id": self.sold})
        self.taken = self.quoted(ordered)
        sent_home = self.ok("POST /ship/request", self.taken)["order_id"]
        self.names = {
            "slug": packs[0]["slug"],
            "user_id": "a user",
            "item_id": self.sold,
            "order_id": sent_home,
        }
        self.empty = {"id": empty["id"], "amount": 1, "user_id": "a user"}
        self.good: dict[str, dict[str, Any]] = {
            "POST /vm/buyback": {"item_id": self.item},
            "POST /vm/buyback/quote": {"item_ids": [self.item]},
            "POST /vm/buyback/batch": {"item_ids": [self.item]},
            "POST /vm/buy/init": buying | {"amount": 1},
            "POST /vm/buy/status": {"session_id": bought["session_id"]},
            "POST /ship/quote": {"item_ids": [self.item], "destination": ADDRESS},
            "POST /ship/request": self.quoted(self.item),
            "POST /sandbox/clock": {"advance_seconds": 0},
            "POST /sandbox/orders/{order_id}/advance": {},
            "POST /sandbox/reset": {},
        }

    def quoted(self, item: str) -> dict[str, str]:
        """The body that accepts the first rate of a quote."""
        quote = self.ok("POST /ship/quote", {"item_ids": [item], "destination": ADDRESS})
        return {"quote_id": quote["quotes"][0]["id"]}

    def ok(self, call: str, sent: Any = None) -> Any:
        """The response of a successful call."""
        answer = send(self.scene, call, sent)
        assert answer.status_code == 200, answer.content
        return json.loads(answer.content)

    def ask(
        self,
        call: str,
        sent: Any = UNSENT,
        *,
        name: str = "",
        query: str = "",
        key: Any = UNSENT,
        **headers: str,
    ) -> HttpResponse:
        """A call that would succeed without these changes; ``name`` is the path's parameter."""
        body = self.good.get(call) if sent is UNSENT else sent
        for part, known in self.names.items():
            call = call.replace(f"{{{part}}}", quote(name or known))
        given = {title.replace("_", "-"): value for title, value in headers.items()}
        return send(self.scene, f"{call}?{query}".rstrip("?"), body, key=key, headers=given)

    def play(self, call: str, scenario: str) -> HttpResponse:
        """The simulated live outcome; then the retry with the same key, if that comes next."""
        keyed = KEY if self.takes(call, "Idempotency-Key") else {}
        answer = self.ask(call, **keyed, X_Sandbox_Scenario=scenario)
        if answer.status_code in SAME_AGAIN:
            again = self.ask(call, **keyed)
            assert again.status_code == 200, again.content
        return answer

    def takes(self, call: str, header: str) -> bool:
        """Whether the description lists the header for the call."""
        method, _, path = call.partition(" ")
        return header in {one["name"] for one in PATHS[BASE + path][method.lower()]["parameters"]}


Meet = Callable[[Integration, Outcome], HttpResponse]


def with_a_used_key(me: Integration, outcome: Outcome) -> HttpResponse:
    """A key used for two different requests."""
    me.ask(outcome.call, {"a": 1}, **KEY)
    return me.ask(outcome.call, {"a": 2}, **KEY)


def limited(me: Integration, outcome: Outcome) -> HttpResponse:
    """More calls than allowed, of each class."""
    with override_settings(API_RATE_LIMIT=1, WEB_WORKERS=1):
        me.ask("GET /events")
        me.ask("POST /vm/buyback", {})
        return me.ask(outcome.call)


def in_the_clear(me: Integration, outcome: Outcome) -> HttpResponse:
    """A server behind TLS, called without TLS."""
    with override_settings(SECURE_SSL_REDIRECT=True):
        return me.ask(outcome.call)


def late(me: Integration, outcome: Outcome) -> HttpResponse:
    """Eight days later."""
    me.ok("POST /sandbox/clock", {"advance_seconds": 8 * 86_400})
    return me.ask(outcome.call)


def unscoped(me: Integration, outcome: Outcome) -> HttpResponse:
    """A key for one scope only: shipping, or else buying."""
    scope = (
        Scope.PURCHASE_WRITE
        if "/ship/" in outcome.call or "/orders/" in outcome.call
        else Scope.SHIP_WRITE
    )
    return me.ask(outcome.call, key=make_key(me.scene.environment, scopes=[scope])[1])


def sending(**changes: Any) -> Meet:
    """The call's body with these changes."""
    return lambda me, outcome: me.ask(outcome.call, me.good[outcome.call] | changes)


def playing(scenario: str) -> Meet:
    """The response of a scenario."""
    return lambda me, outcome: me.play(outcome.call, scenario)


def filtering(me: Integration, outcome: Outcome) -> HttpResponse:
    """An invalid value for the parameter in the sentence."""
    return me.ask(outcome.call, query=f"{outcome.sentence.split()[-1]}=nonsense")


def unknown(me: Integration, outcome: Outcome) -> HttpResponse:
    """An unknown id in the path or in the body."""
    if "{" in outcome.call:
        return me.ask(outcome.call, name="nothing")
    known = {"user_id": "a user", "destination": ADDRESS, "item_ids": ["nothing"]}
    return me.ask(
        outcome.call, {name: known.get(name, "nothing") for name in me.good[outcome.call]}
    )


MEET: dict[str, Meet] = {
    "Invalid API key": lambda me, outcome: me.ask(outcome.call, key="none"),
    "Insufficient scope": unscoped,
    "Request body too large": lambda me, outcome: me.ask(outcome.call, b"{}".ljust(64 * 1024 + 1)),
    "Idempotency-Key was used with a different request": with_a_used_key,
    "Invalid Idempotency-Key": lambda me, outcome: me.ask(outcome.call, Idempotency_Key=""),
    "A request with this Idempotency-Key is in progress": playing("in_flight"),
    "A buyback request for this item is already being processed": playing("in_flight"),
    "Item already has an active buyback session": playing("active_session"),
    "An unexpected error occurred": playing("internal_error"),
    "Error during transaction": playing("internal_error"),
    "Failed to fetch shipping quotes": playing("internal_error"),
    "Failed to create shipping request": playing("internal_error"),
    "No shippable items in request": playing("nothing_shippable"),
    "item_ids is required": sending(item_ids=[]),
    "Invalid destination address": sending(destination={}),
    "Country not supported": sending(destination=ADDRESS | {"country": "USA"}),
    "quote_id is required": sending(quote_id=""),
    "Quote expired": late,
    "Item already shipped": lambda me, outcome: me.ask(outcome.call, me.taken),
    "Order cannot be moved to this status": sending(status="delivered"),
    "Transaction failed": playing("transaction_failed"),
    "Unknown X-Sandbox-Scenario": playing("nonsense"),
    "Rate limit exceeded": limited,
    "HTTPS is required": in_the_clear,
    "Too many query parameters": lambda me, outcome: me.ask(
        outcome.call, query="&".join(["q=1"] * 1001)
    ),
    "Host not allowed": lambda me, outcome: me.ask(outcome.call, Host="elsewhere.example.test"),
    "Item has expired": late,
    "Price below min_amount": sending(min_amount=10**6),
    "item_ids must be a list of 1 to 50 strings": sending(item_ids=[]),
    "user_id is required": sending(user_id=""),
    "Amount must be greater than 0": sending(amount=0),
    "^Amount must be less than or equal to [0-9]+$": sending(amount=10**6),
    "Claw machine is out of stock": lambda me, outcome: me.ask(outcome.call, me.empty),
    "Not found": lambda me, outcome: me.ask(
        outcome.call, name="a/\nb"
    ),  # a path parameter has no line break
    "Send either advance_seconds, a whole number, or now, a time in ISO 8601": lambda me, outcome: (
        me.ask(outcome.call, {})
    ),
    "The sandbox clock only moves forward": sending(advance_seconds=-1),
    "The sandbox clock can be at most ten years ahead": sending(advance_seconds=10**10),
    **dict.fromkeys(
        ("Item not found", "User not found", "Card not found", "VM not found", "Order not found"),
        unknown,
    ),
    **dict.fromkeys(
        (
            "Invalid cursor",
            "Invalid status",
            "Invalid type",
            "Invalid created_from",
            "Invalid created_to",
        ),
        filtering,
    ),
}


@pytest.fixture(scope="module")
def made(scenes: dict[str, Scene], django_db_blocker: DjangoDbBlocker) -> Integration:
    """In the sandbox, after its first sellback."""
    with django_db_blocker.unblock():
        return Integration(scenes[Mode.SANDBOX])


@pytest.fixture
def integration(made: Integration, db: None) -> Integration:
    """As created; each test is rolled back."""
    return made


@pytest.mark.parametrize("outcome", list(promised()), ids=str)
def test_it_meets_what_the_description_promises(integration: Integration, outcome: Outcome) -> None:
    answer = MEET[outcome.sentence](integration, outcome)
    found = json.loads(answer.content)["error"]
    assert answer.status_code == outcome.status
    assert found == outcome.sentence or re.fullmatch(outcome.sentence, found)
    assert (answer.status_code in (409, 429)) == ("Retry-After" in answer.headers)


@pytest.mark.parametrize(
    "call",
    [f"{method.upper()} {path.removeprefix(BASE)}" for path in PATHS for method in PATHS[path]],
)
def test_it_succeeds_with_every_call(integration: Integration, call: str) -> None:
    assert integration.ask(call).status_code == 200


def next_step(answer: Any) -> str:
    """The next step after a response that is neither a refusal nor the expected result."""
    match answer:
        case {"quotes": [{"eligible": False, "reason": "in_progress"}]} | {"status": "pending"}:
            return "ask again"
        case {"session_id": str(), "nfts": []}:
            return "ask for the purchase's status"
        case {"quotes": [{"eligible": False, "reason": "price_unavailable"}]}:
            return "offer no sale for now"
        case {"status": "failed", "payout_id": None} | {
            "results": [{"success": False, "error": "Transaction failed"}]
        }:
            return "offer to sell again"
        case {
            "results": [{"success": False, "error": "Item already has an active buyback session"}]
        }:
            return "ask for the sellback's status"
        case {
            "results": [
                {
                    "success": False,
                    "error": "A buyback request for this item is already being processed",
                }
            ]
        }:
            return "send the same again"
    raise AssertionError(answer)


UNFINISHED = {
    ("POST /vm/buyback/quote", "in_progress"): "ask again",
    ("POST /vm/buyback/quote", "price_unavailable"): "offer no sale for now",
    ("POST /vm/buyback/batch", "in_flight"): "send the same again",
    ("POST /vm/buyback/batch", "transaction_failed"): "offer to sell again",
    ("POST /vm/buyback/batch", "active_session"): "ask for the sellback's status",
    ("GET /vm/buyback/{item_id}", "pending"): "ask again",
    ("GET /vm/buyback/{item_id}", "failed"): "offer to sell again",
    ("POST /vm/buy/init", "pending"): "ask for the purchase's status",
    ("POST /vm/buy/status", "pending"): "ask again",
}


def test_it_knows_what_to_do_about_every_answer_that_is_no_refusal(
    integration: Integration,
) -> None:
    """Each documented scenario with status 200."""
    known = {}
    for path, calls in PATHS.items():
        for method, call in calls.items():
            named = {one["name"]: one["schema"].get("enum", []) for one in call["parameters"]}
            for scenario in named.get("X-Sandbox-Scenario", []):
                asked = f"{method.upper()} {path.removeprefix(BASE)}"
                answer = integration.ask(asked, X_Sandbox_Scenario=scenario)
                if answer.status_code == 200:
                    known[asked, scenario] = next_step(json.loads(answer.content))
    assert known == UNFINISHED


def test_it_is_promised_a_good_deal() -> None:
    """If the document were misread, no case would run."""
    assert len(list(promised())) > 120
    assert {outcome.sentence for outcome in promised()} == set(MEET)
