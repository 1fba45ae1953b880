"""Every refusal has a code, a status and a body, and every error carries the code in a header."""

from __future__ import annotations

import importlib
import json
import pkgutil
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from django.test import Client
from django.urls import get_resolver

from config.foundation import errors
from config.foundation.codes import LONGEST, Code
from config.foundation.errors import Refusal
from partners.models import ApiCall, ApiKey, IdempotencyKey
from partners.records import request_log
from partners.records.idempotency import StoredRefusal
from tests.contract.cases import SELL, VALID
from tests.contract.runner import REFUSALS, check, check_code, everything, send
from tests.contract.scene import Scene
from tests.contract.test_scopes import routes

APPS = ("config", "partners", "inventory", "buyback")
ELSEWHERE = (".migrations", ".management", ".demo")


def refusals(base: type[Refusal] = Refusal) -> Iterator[type[Refusal]]:
    for one in base.__subclasses__():
        if one is not StoredRefusal and one.__module__.partition(".")[0] in APPS:
            yield one
            yield from refusals(one)


@pytest.fixture(scope="module", autouse=True)
def _all_loaded() -> None:
    for app in APPS:
        for module in pkgutil.walk_packages([app], f"{app}."):
            if not any(part in module.name for part in ELSEWHERE):
                importlib.import_module(module.name)


def test_the_table_lists_every_refusal_with_code_status_and_sentence() -> None:
    found = {f"{one.__module__}.{one.__name__}": one for one in refusals()}
    assert set(found) == set(REFUSALS)
    for name, (code, status, sentence) in REFUSALS.items():
        one = found[name]
        assert (one.code, one.status) == (Code(code), status)
        assert str(one.sentence) == (sentence or Refusal.sentence)


@pytest.mark.parametrize("name", REFUSALS)
def test_its_body_is_the_envelope_and_its_code_a_header(name: str) -> None:
    code, status, sentence = REFUSALS[name]
    refusal = Refusal(sentence)
    refusal.code, refusal.status = Code(code), status
    answer = errors.answer(refusal, {})
    assert (answer.status_code, answer["X-Error-Code"]) == (status, code)
    assert orjson.dumps(answer.data) == orjson.dumps({"error": sentence or Refusal.sentence})


def test_a_code_fits_its_columns() -> None:
    assert max(map(len, Code)) <= LONGEST
    for model in (ApiCall, IdempotencyKey):
        assert model._meta.get_field("code").max_length == LONGEST


def paths(scene: Scene) -> list[str]:
    """An address of every route below the scene's base."""
    return sorted(
        {
            "/".join("x" if "<" in part else part for part in path.split("/"))
            for path in routes(get_resolver(), "")
            if path.startswith(f"{scene.base}/")
        }
    )


def errors_of(scene: Scene, path: str) -> Iterator[Any]:
    """What each route answers to each kind of bad request."""
    client, key = Client(), {"X-API-Key": scene.key}
    for method in ("get", "post"):
        call = getattr(client, method)
        yield call(path, headers={"X-API-Key": "nonsense"})
        yield call(path, headers=key | {"X-Sandbox-Scenario": "internal_error"})
        yield call(path, headers=key | {"X-Sandbox-Scenario": "nonsense"})
        yield call(path, headers=key | {"Idempotency-Key": "x" * 256})
        yield call(f"{path}?{'&'.join('a' * 1001)}", headers=key)
    large = b'{"a":"' + b"x" * 70_000 + b'"}'
    yield client.post(path, large, content_type="application/json", headers=key)
    yield client.post(path, b"<", content_type="text/plain", headers=key)
    for method in ("put", "patch", "delete", "options", "trace"):
        yield getattr(client, method)(path, headers=key)


def test_every_error_of_every_route_has_a_code(scene: Scene) -> None:
    seen: set[tuple[int, str]] = set()
    addresses = paths(scene)
    assert len(addresses) > 15
    for path in [*addresses, f"{scene.base}/no/such/route", scene.base]:
        for answer in errors_of(scene, path):
            if answer.status_code >= 400:
                check_code(answer, json.loads(answer.content)["error"])
                seen.add((answer.status_code, answer["X-Error-Code"]))
            else:
                assert "X-Error-Code" not in answer
    assert {(401, "invalid_api_key"), (404, "not_found"), (405, "method_not_allowed")} <= seen
    assert {(413, "body_too_large"), (400, "invalid_idempotency_key")} <= seen


def test_a_limited_key_and_a_spent_limit_have_codes(scene: Scene, settings: Any) -> None:
    ApiKey.objects.filter(environment=scene.environment).update(scopes=["inventory:read"])
    settings.API_WRITE_LIMIT, settings.WEB_WORKERS = 1, 1
    answers = [send(scene, SELL, VALID[SELL]) for _ in range(2)]
    assert [(one.status_code, one["X-Error-Code"]) for one in answers] == [
        (403, "insufficient_scope"),
        (429, "rate_limited"),
    ]


def test_a_fault_outside_the_view_is_json_with_a_code(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(request_log, "note", broken)
    before = everything()
    client = Client(raise_request_exception=False)
    answer = client.get(f"{scene.base}/inventory/x", headers={"X-API-Key": scene.key})
    assert (answer.status_code, answer["X-Error-Code"]) == (500, "internal_error")
    assert json.loads(answer.content) == {"error": "An unexpected error occurred"}
    assert everything() == before


def test_a_replayed_refusal_has_the_code_of_the_first(scene: Scene) -> None:
    body, headers = {"item_id": "nothing"}, {"Idempotency-Key": "k"}
    first, again = (send(scene, SELL, body, headers=headers) for _ in range(2))
    for answer in (first, again):
        check(scene, answer, 400, "Item not found")
        assert answer["X-Error-Code"] == "item_not_found"
    assert again["Idempotency-Replayed"] == "true"
    assert IdempotencyKey.objects.get(key="k").code == "item_not_found"


def test_the_request_log_keeps_the_code(scene: Scene) -> None:
    request_log.BUFFER.flush()
    ApiCall.objects.all().delete()
    send(scene, SELL, {"item_id": "nothing"})
    send(scene, "GET /vm/available")
    request_log.BUFFER.flush()
    assert list(ApiCall.objects.order_by("pk").values_list("status", "code")) == [
        (400, "item_not_found"),
        (200, ""),
    ]
