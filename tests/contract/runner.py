"""Sends a row as a partner's server would, and compares the whole response."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

from django.db import connection
from django.http import HttpResponse

from buyback.models import Buyback, Payout, Transfer
from inventory.models import Collector, Purchase, ShippingOrder, ShippingQuote
from partners.models import Event, IdempotencyKey
from tests.contract.cases import Row
from tests.contract.scene import Scene
from tests.contract.served import ask
from tests.contract.shapes import problems

UNSENT = object()
# Every refusal by its class: code, status, and the sentence (null: it says what is wrong).
REFUSALS: dict[str, tuple[str, int, str | None]] = {
    name: tuple(row)
    for name, row in json.loads(Path(__file__).with_name("refusals.json").read_text()).items()
}
COUNTED = (
    Collector,
    Purchase,
    Buyback,
    Transfer,
    Payout,
    Event,
    IdempotencyKey,
    ShippingOrder,
    ShippingQuote,
)
EVERYTHING = (
    "SELECT jsonb_build_array("
    "(SELECT jsonb_agg(jsonb_build_array(id, state, expired_at, sold_at) ORDER BY id) FROM "
    "inventory_item),"
    + ", ".join(
        f"(SELECT count(*) FROM {model._meta.db_table})" for model in COUNTED
    )  # our own models' names
    + ")"
)
LIMIT_HEADERS = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")


def send(
    scene: Scene,
    call: str,
    sent: Any = None,
    *,
    key: Any = UNSENT,
    content_type: str = "application/json",
    headers: dict[str, str] | None = None,
) -> HttpResponse:
    """One call to the scene's base URL. ``sent``: raw bytes, an object for JSON, or None."""
    method, _, target = call.partition(" ")
    path, _, query = target.partition("?")
    body = (
        sent
        if isinstance(sent, bytes)
        else b""
        if sent is None
        else json.dumps(scene.fill(sent)).encode()
    )
    given = dict(headers or {})
    key = scene.key if key is UNSENT else key
    if key is not None:
        given["X-API-Key"] = key
    if content_type:
        given["Content-Type"] = content_type
    target = f"{scene.base}{encoded(scene, path)}?{scene.fill(query)}".rstrip("?")
    return ask(scene.port, method, target, body, given)


def encoded(scene: Scene, path: str) -> str:
    """The path with each name's value percent-encoded; text that is already encoded stays."""
    for name, meaning in scene.names.items():
        path = path.replace(f"<{name}>", quote(meaning, safe=""))
    return path


def check_envelope(response: HttpResponse) -> None:
    """Checks that hold for every response."""
    assert response["Content-Type"].split(";")[0] == "application/json"
    assert response["X-Request-Id"]
    for name in LIMIT_HEADERS:
        assert response[name].isdecimal()
    assert (response.status_code >= 400) == ("X-Error-Code" in response)


def check_code(response: HttpResponse, sentence: str) -> None:
    """The header names a refusal of this status and sentence."""
    code = response["X-Error-Code"]
    known = [
        words
        for one, status, words in REFUSALS.values()
        if (one, status) == (code, response.status_code)
    ]
    assert sentence in known or None in known, (code, response.status_code, sentence)


def check(scene: Scene, response: HttpResponse, status: int, answer: Any) -> None:
    """Check status, body and headers; a sentence byte for byte."""
    assert (response.status_code, response.content[:500]) == (status, response.content[:500])
    check_envelope(response)
    if isinstance(answer, str):
        assert response.content == json.dumps({"error": answer}, separators=(",", ":")).encode()
        check_code(response, answer)
    else:
        found = list(problems(scene.fill(answer), json.loads(response.content)))
        assert found == []


def play(scene: Scene, row: Row) -> None:
    """Send the row and check its response; a refusal must not change anything."""
    before = everything()
    response = send(scene, row.call, row.sent, headers=row.headers)
    check(scene, response, row.status, row.answer)
    if row.status != 200 or row.call.startswith("GET"):
        assert everything() == before


def everything() -> list[Any]:
    """Everything that a call could change, in a comparable form."""
    with connection.cursor() as cursor:
        cursor.execute(EVERYTHING)
        (found,) = cursor.fetchone()
    return cast("list[Any]", found)


def malformed(scene: Scene, body: bytes, valid: dict[str, Any]) -> bytes:
    """The body with the endpoint's valid fields in it, cut to 64 KiB where required."""
    fields = json.dumps(scene.fill(valid))[1:-1].encode()
    return scene.fill(body.replace(b"<fields>", fields))[: 64 * 1024]  # type: ignore[no-any-return]
