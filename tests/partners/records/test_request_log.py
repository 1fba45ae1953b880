"""The request log: stored data, masking, and that no call waits for it."""

from __future__ import annotations

import json
import logging
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import Mock

import pytest
from django.db import DatabaseError
from django.http import HttpResponse
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from config.foundation import clock
from partners.models import ApiCall, LostCalls
from partners.records import request_log
from partners.records.request_log import (
    COLUMNS,
    LONGEST,
    LONGEST_READ,
    MASK,
    NOT_JSON,
    SECRET,
    Buffer,
    Call,
    _row,
    add_lost,
    forget_old,
    lost,
    may_hold_secrets,
    shown,
)
from partners.tasks import forget_old_calls
from tests.calls import make_call
from tests.world import NOW, World, make_item

SELL = "/api/v1/vm/buyback"
INVENTORY = "/api/v1/inventory/ann"


def post(key: str, body: Any, path: str = SELL, **headers: str) -> HttpResponse:
    sent = body if isinstance(body, str) else json.dumps(body)
    known = {"X-API-Key": key, "X-Request-Id": "request-7"} | headers
    return Client().post(path, sent, content_type="application/json", headers=known)  # type: ignore[return-value]


def noted() -> ApiCall:
    """The only call, written."""
    assert request_log.BUFFER.flush() == 1
    return ApiCall.objects.get()


def waiting(**fields: Any) -> Call:
    """A call that waits to be written."""
    known = {
        "environment": 1,
        "api_key_id": 1,
        "method": "GET",
        "path": INVENTORY,
        "query": "",
        "status": 200,
        "code": "",
    }
    known |= {
        "seconds": 0.001,
        "request_id": "r",
        "sent": b"",
        "answered": b"",
        "at": NOW.timestamp(),
    }
    return Call(**known | fields)  # type: ignore[arg-type]


def test_it_notes_a_sale(world: World) -> None:
    item = make_item(world.northwind.live, now=datetime.now(UTC))
    answer = post(world.northwind.live_key, {"item_id": item.public_id})
    call = noted()
    assert (call.environment, call.method, call.path) == (
        world.northwind.live,
        "POST",
        "/vm/buyback",
    )
    assert (call.status, call.request_id) == (200, "request-7")
    assert (json.loads(call.sent), call.answered) == (
        {"item_id": item.public_id},
        answer.content.decode(),
    )
    assert (call.key.environment, call.microseconds > 0) == (world.northwind.live, True)


def test_it_notes_an_answer_that_is_rendered_late_and_the_query(world: World) -> None:
    answer = Client().get(
        f"/_{INVENTORY}?limit=1", headers={"X-API-Key": world.northwind.sandbox_key}
    )
    call = noted()
    assert (call.environment, call.path) == (world.northwind.sandbox, "/inventory/ann?limit=1")
    assert call.answered == answer.content.decode()


def test_it_notes_a_refusal(world: World) -> None:
    post(world.northwind.live_key, {"item_id": "nothing"})
    call = noted()
    assert call.status == 400
    assert call.tone == "warn"


def test_it_notes_no_call_without_a_known_key(world: World) -> None:
    post("", {})
    post(world.northwind.sandbox_key, {})
    post(world.northwind.live_key, {}, path="/api/v1/nowhere")
    assert request_log.BUFFER.flush() == 0


def test_it_takes_no_query_during_a_call(
    world: World, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    post(
        world.northwind.live_key, {"item_id": "nothing"}
    )  # records the use of the key, once a minute
    item = make_item(world.northwind.live, now=datetime.now(UTC))
    with django_assert_num_queries(
        4
    ):  # a sellback's two; in a test's transaction also a savepoint and its release
        assert post(world.northwind.live_key, {"item_id": item.public_id}).status_code == 200
    with django_assert_num_queries(1):
        assert request_log.BUFFER.flush() == 2


def test_it_keeps_no_headers(world: World) -> None:
    post(world.northwind.live_key, {"item_id": "nothing"}, **{"Idempotency-Key": "only-ours"})
    call = noted()
    assert all("only-ours" not in str(value) for value in vars(call).values())


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ({"destination": "7xKX", "amount": 1}, {"destination": MASK, "amount": 1}),
        ({"email": "a@x.test", "phone_number": "1"}, {"email": MASK, "phone_number": MASK}),
        (
            {"error": "Invalid", "suggested": {"city": "Bern"}},
            {"error": "Invalid", "suggested": MASK},
        ),
        ({"shipping": {"address": {"line1": "High Street"}}}, {"shipping": {"address": MASK}}),
        (
            [{"apiKey": "x", "token": "y"}, {"secret": None}],
            [{"apiKey": MASK, "token": MASK}, {"secret": None}],
        ),
        (
            {"mint_address": "M", "token_standard": "T"},
            {"mint_address": "M", "token_standard": "T"},
        ),
    ],
)
def test_it_masks_by_name(sent: Any, kept: Any) -> None:
    assert json.loads(shown(json.dumps(sent).encode(), ours=False)) == kept


@pytest.mark.parametrize("ours", [True, False])
def test_it_masks_a_name_that_is_written_in_escapes(ours: bool) -> None:
    assert "a@x.test" not in shown(rb'{"\u0065mail":"a@x.test"}', ours=ours)


def test_it_masks_a_key_wherever_it_stands(world: World) -> None:
    key = world.northwind.live_key
    assert (
        shown(json.dumps({"note": f"see {key}"}).encode(), ours=False)
        == f'{{"note": "see live-{MASK}"}}'
    )
    post(key, {"item_id": "nothing"}, path=f"{SELL}?key={key}")
    assert noted().path == f"/vm/buyback?key=live-{MASK}"


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ("limit=1&cursor=a%3D", "limit=1&cursor=a%3D"),
        ("api_key=plainsecret&limit=1", f"api_key={MASK}&limit=1"),
        ("api%5Fkey=plainsecret", f"api%5Fkey={MASK}"),
        ("api%255Fkey=plainsecret", f"api%255Fkey={MASK}"),
        ("Token=a&e-mail=b%40x.test", f"Token={MASK}&e-mail={MASK}"),
        ("flag&x", "flag&x"),
    ],
)
def test_it_masks_a_query_by_name(query: str, kept: str) -> None:
    assert _row(waiting(query=query))[COLUMNS.index("path")] == f"/inventory/ann?{kept}"


@pytest.mark.parametrize("underscore", ["_", "%5F", "%5f", "%255F"])
def test_it_masks_a_key_that_is_written_in_percent_signs(world: World, underscore: str) -> None:
    key, (start, secret) = world.northwind.live_key, world.northwind.live_key.split("_")
    written = f"{start}{underscore}{secret}"
    for call in (
        waiting(query=f"x={written}"),
        waiting(query=written),
        waiting(path=f"{INVENTORY}/{written}"),
    ):
        path = _row(call)[COLUMNS.index("path")]
        assert (secret in path, key in path, path.endswith(f"live-{MASK}")) == (False, False, True)


def test_it_keeps_nothing_that_it_cannot_read() -> None:
    assert shown(b"email=a@x.test", ours=False) == NOT_JSON
    assert shown(b'{"email": "a@x.test"', ours=False) == NOT_JSON
    assert shown(b"", ours=False) == ""


def test_it_masks_what_lies_too_deep() -> None:
    deep = b"[" * 200 + b'{"email":"a@x.test"}' + b"]" * 200
    assert shown(deep, ours=False) == "[" * 64 + f'"{MASK}"' + "]" * 64


@pytest.mark.parametrize("name", ["note", "email"])
def test_it_cuts_a_long_body(name: str) -> None:
    long = json.dumps(
        [{name: "a@x.test"}, *[{"note": "é" * 100}] * 200], ensure_ascii=False
    ).encode()
    text = shown(long, ours=True)
    assert len(text.encode()) <= 2 * LONGEST
    assert len(text) <= LONGEST
    assert ("a@x.test" in text) == (name == "note")


def test_it_stores_less_of_a_get_than_of_a_post(world: World) -> None:
    page = b"[" + b"1," * LONGEST + b"1]"
    call = Call(1, 1, "GET", "/api/v1/buybacks", "", 200, "", 0.1, "", b"", page, 0.0)
    kept = [
        len(_row(one)[COLUMNS.index("answered")])
        for one in (call, call._replace(status=500), call._replace(method="POST"))
    ]
    assert kept == [LONGEST_READ, LONGEST, LONGEST]


@pytest.mark.parametrize(
    "name",
    [
        *(
            "address",
            "destination",
            "suggested",
            "line1",
            "postalCode",
            "postal_code",
            "Phone",
            "email",
            "e-mail",
        ),
        *("SECRET", "password", "token", "apikey", "api_key", "Idempotency-Key"),
    ],
)
def test_it_finds_every_secret_name_in_a_long_answer(name: str) -> None:
    assert SECRET.search(name)
    assert may_hold_secrets(f'{{"mint_address": "1", "my_{name}": 2}}'.encode())


def test_it_reads_no_answer_in_full_whose_names_are_public() -> None:
    names = ("mint_address", "collection_address", "token_standard", "name", "fmv")
    assert not any(SECRET.search(name) or may_hold_secrets(name.encode()) for name in names)


def test_it_writes_a_nul_as_another_character(world: World) -> None:
    Client().get(f"{INVENTORY}%00", headers={"X-API-Key": world.northwind.live_key})
    assert noted().path == "/inventory/ann\ufffd"


@pytest.mark.parametrize(("size", "room"), [(0, request_log.MOST), (1024 * 1024, 32)])
def test_it_drops_calls_above_its_limit_and_logs_it(
    caplog: pytest.LogCaptureFixture, size: int, room: int
) -> None:
    buffer = Buffer(threaded=False)
    for _ in range(room + 3):
        buffer.add(waiting(answered=bytes(size)))
    assert buffer.dropped == {1: 3}


def test_it_counts_what_could_not_be_written(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away(calls: list[Call]) -> None:
        raise DatabaseError("away")

    live, buffer = world.northwind.live, Buffer(threaded=False)
    buffer.add(waiting(environment=live.pk))
    monkeypatch.setattr(request_log, "write", away)
    with caplog.at_level(logging.WARNING):
        assert buffer.flush() == 0
    assert "request_log_dropped" in caplog.text
    assert "'calls': 1" in caplog.text
    assert (buffer.flush(), ApiCall.objects.count()) == (0, 0)
    assert lost(live, now=clock.now()) == 1


def test_it_stores_dropped_calls_when_the_database_is_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_given: object) -> None:
        raise DatabaseError("away")

    live, other, buffer = world.northwind.live, world.juniper.live, Buffer(threaded=False)
    for environment in (live, live, other):
        buffer.add(waiting(environment=environment.pk))
    with monkeypatch.context() as broken:
        broken.setattr(request_log, "write", away)
        broken.setattr(request_log, "add_lost", away)
        buffer.flush()
        buffer.flush()
    assert not LostCalls.objects.exists()
    for _ in range(2):
        buffer.flush()
    assert [lost(one, now=clock.now()) for one in (live, other, world.juniper.sandbox)] == [2, 1, 0]


def test_it_adds_up_the_days_that_the_log_shows(world: World) -> None:
    live, today = world.northwind.live, NOW.date()
    for day, calls in (
        (today, 2),
        (today, 3),
        (today - timedelta(days=30), 7),
        (today - timedelta(days=31), 50),
    ):
        add_lost(Counter({live.pk: calls}), day)
    assert lost(live, now=NOW) == 12
    forget_old(now=NOW)
    assert LostCalls.objects.count() == 2


def test_it_begins_empty_after_a_fork() -> None:
    request_log.BUFFER.add(waiting())
    before = request_log.BUFFER
    request_log._after_fork()
    assert request_log.BUFFER is not before
    assert (request_log.BUFFER.flush(), request_log.BUFFER.threaded) == (0, False)


def test_it_forgets_after_30_days(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_log, "BATCH", 2)
    for days in (31, 31, 31, 30, 1):
        make_call(world.northwind.live, created_at=NOW - timedelta(days=days))
    assert forget_old(now=NOW) == 3
    assert ApiCall.objects.count() == 2
    assert forget_old_calls() == 2  # by real time


def test_it_reads_no_more_of_a_query_than_it_keeps(monkeypatch: pytest.MonkeyPatch) -> None:
    read = Mock(side_effect=str)
    monkeypatch.setattr(request_log, "_pair", read)
    row = dict(zip(COLUMNS, _row(waiting(query="a&" * 30_000)), strict=True))
    assert len(row["path"]) == request_log.LONGEST_PATH
    assert read.call_count <= request_log.LONGEST_PATH


@pytest.mark.parametrize("field", ["path", "query"])
def test_it_masks_a_key_in_a_long_address_as_in_a_short_one(field: str) -> None:
    key = "live-" + "a" * 12 + "_" + "b" * 43
    written = "".join(f"%25{ord(letter):02x}" for letter in key)
    for filling in (0, 900, request_log.LONGEST_ADDRESS - 20, 60_000):
        kept = dict(zip(COLUMNS, _row(waiting(**{field: "/" * filling + written})), strict=True))[
            "path"
        ]
        assert "b" not in kept
        assert written[-60:] not in kept
