"""The scopes of each route: without them a scoped key gets 403, and nothing happens."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from partners.api.views import UnknownRoute
from partners.models import Mode, Scope
from tests.contract.cases import BATCH, BUY, QUOTE, SELL, STATUS, VALID
from tests.contract.runner import check, everything, send
from tests.contract.sandbox_cases import CLOCK, RESET
from tests.contract.scene import Scene
from tests.contract.ship_cases import ADVANCE, ORDER, SHIP_QUOTE
from tests.contract.ship_cases import SHIP as SHIP_REQUEST
from tests.world import make_key

READ, SALE, PURCHASE, SHIP = Scope
ANY = tuple(Scope)
CONTROLS = (CLOCK, RESET)

# Route → scopes, any of which is enough. Other scopes are refused; a key without scopes has full
# access.
TABLE: dict[str, tuple[Scope, ...]] = {
    "GET /vm/available": ANY,
    "GET /vm/chase/tidewater-box": ANY,
    "GET /vm/recent-pulls": ANY,
    "GET /card/<held>": ANY,
    "GET /inventory/ada": (READ,),
    "GET /vm/buyback/<sold>": (READ,),
    "GET /buybacks": (READ,),
    "GET /payouts": (READ,),
    "GET /events": (READ,),
    QUOTE: (READ,),
    BUY: (PURCHASE,),
    STATUS: (PURCHASE,),
    SELL: (SALE,),
    BATCH: (SALE,),
    SHIP_QUOTE: (SHIP,),
    SHIP_REQUEST: (SHIP,),
    ORDER: (SHIP,),
}


@pytest.mark.parametrize("scope", list(Scope))
@pytest.mark.parametrize("call", TABLE)
def test_it_opens_a_route_to_its_scopes_alone(scene: Scene, call: str, scope: Scope) -> None:
    key, before = make_key(scene.environment, scopes=[scope])[1], everything()
    answer = send(scene, call, VALID[call], key=key)
    if scope in TABLE[call]:
        assert (answer.status_code, answer.content[:200]) == (200, answer.content[:200])
    else:
        check(scene, answer, 403, "Insufficient scope")
        assert everything() == before


@pytest.mark.parametrize("call", TABLE)
def test_it_opens_every_route_to_a_key_with_every_scope(scene: Scene, call: str) -> None:
    key = make_key(scene.environment, scopes=list(Scope))[1]
    assert send(scene, call, VALID[call], key=key).status_code == 200


def test_it_counts_a_refused_scope_against_its_environment(scene: Scene) -> None:
    key = make_key(scene.environment, scopes=[SHIP])[1]
    first, second = (send(scene, "GET /inventory/ada", key=key) for _ in range(2))
    assert int(first["X-RateLimit-Remaining"]) - int(second["X-RateLimit-Remaining"]) == 1


def test_it_knows_every_route(scene: Scene) -> None:
    """A new route without a row here would be untested."""
    found = {name for name in routes(get_resolver(), "") if name.startswith(scene.base)}
    assert len(found) == len(TABLE) + (
        len((*CONTROLS, ADVANCE)) if scene.mode == Mode.SANDBOX else 0
    )


@pytest.mark.parametrize("scope", list(Scope))
def test_it_advances_an_order_with_the_scope_that_makes_one(
    scenes: dict[str, Scene], db: None, scope: Scope
) -> None:
    scene = scenes[Mode.SANDBOX]
    answer = send(scene, ADVANCE, {}, key=make_key(scene.environment, scopes=[scope])[1])
    assert answer.status_code == (200 if scope == SHIP else 403)


@pytest.mark.parametrize("scopes", [[scope] for scope in Scope] + [[READ, SALE, PURCHASE]])
@pytest.mark.parametrize("call", CONTROLS)
def test_it_controls_the_sandbox_with_every_scope_alone(
    scenes: dict[str, Scene], db: None, call: str, scopes: list[Scope]
) -> None:
    """These calls affect everything."""
    scene = scenes[Mode.SANDBOX]
    few, every = (make_key(scene.environment, scopes=some)[1] for some in (scopes, list(Scope)))
    check(scene, send(scene, call, {"advance_seconds": 1}, key=few), 403, "Insufficient scope")
    assert send(scene, call, {"advance_seconds": 1}, key=every).status_code == 200


def routes(resolver: URLResolver, before: str) -> set[str]:
    """Every address of an API view."""
    found: set[str] = set()
    for part in resolver.url_patterns:
        here = f"{before}{part.pattern}"
        if isinstance(part, URLResolver):
            found |= routes(part, here)
        elif isinstance(part, URLPattern) and view_of(part) not in (None, UnknownRoute):
            found.add(f"/{here}")
    return found


def view_of(part: URLPattern) -> Any:
    return getattr(part.callback, "view_class", None)
