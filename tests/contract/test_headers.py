"""Section 1's headers (rate limit, request id) and internal faults as JSON."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.db import connection, transaction
from pytest_django import Settings

from config import settings as configured
from partners.models import Environment
from tests.contract.cases import BUY, QUOTE, SELL, STATUS, VALID, buying
from tests.contract.runner import check, everything, send
from tests.contract.scene import Scene

AVAILABLE = "GET /vm/available"


@pytest.mark.parametrize("sent", ["abc", "A-b_c.9", "x" * 128, "a b", "a;b", "<script>", "~!"])
def test_it_echoes_a_sane_request_id(scene: Scene, sent: str) -> None:
    assert send(scene, AVAILABLE, headers={"X-Request-Id": sent})["X-Request-Id"] == sent


@pytest.mark.parametrize("sent", ["", "x" * 129, "a\tb", "é"])
def test_it_makes_a_request_id_for_a_caller_without_a_sane_one(scene: Scene, sent: str) -> None:
    made = send(scene, AVAILABLE, headers={"X-Request-Id": sent})["X-Request-Id"]
    assert str(uuid.UUID(made)) == made


def test_it_counts_down_and_then_refuses(scene: Scene, settings: Settings) -> None:
    settings.API_RATE_LIMIT, settings.WEB_WORKERS = 3, 1
    answers = [send(scene, AVAILABLE) for _ in range(4)]
    assert [answer["X-RateLimit-Remaining"] for answer in answers] == ["2", "1", "0", "0"]
    assert {answer["X-RateLimit-Limit"] for answer in answers} == {"3"}
    assert all(0 <= int(answer["X-RateLimit-Reset"]) <= 60 for answer in answers)
    assert [answer.status_code for answer in answers[:3]] == [200] * 3
    check(scene, answers[3], 429, "Rate limit exceeded")
    assert 1 <= int(answers[3]["Retry-After"]) <= 60


def test_it_sells_nothing_over_the_limit_and_keeps_no_such_answer(
    scene: Scene, settings: Settings
) -> None:
    settings.API_WRITE_LIMIT, settings.WEB_WORKERS = 1, 1
    send(scene, SELL, {})
    before = everything()
    check(
        scene,
        send(scene, SELL, VALID[SELL], headers={"Idempotency-Key": "k"}),
        429,
        "Rate limit exceeded",
    )
    assert everything() == before
    settings.API_WRITE_LIMIT = 100
    assert send(scene, SELL, VALID[SELL], headers={"Idempotency-Key": "k"}).status_code == 200


def test_it_counts_reading_and_writing_apart(scene: Scene, settings: Settings) -> None:
    settings.API_RATE_LIMIT, settings.API_WRITE_LIMIT, settings.WEB_WORKERS = 1, 2, 1
    calls = (AVAILABLE, SELL, SELL, SELL, AVAILABLE)
    answers = [send(scene, call, None if call == AVAILABLE else {}) for call in calls]
    assert [answer.status_code for answer in answers] == [200, 400, 400, 429, 429]
    assert [answer["X-RateLimit-Limit"] for answer in answers] == ["1", "2", "2", "2", "1"]


@pytest.mark.parametrize("call", [QUOTE, STATUS])
def test_it_counts_a_post_that_changes_nothing_as_reading(
    scene: Scene, settings: Settings, call: str
) -> None:
    settings.API_RATE_LIMIT, settings.API_WRITE_LIMIT, settings.WEB_WORKERS = 7, 2, 1
    assert send(scene, call, VALID[call])["X-RateLimit-Limit"] == "7"


SHIP_QUOTE = "POST /ship/quote"


def test_it_counts_a_shipping_quote_by_itself_and_as_a_write(
    scene: Scene, settings: Settings
) -> None:
    settings.API_RATE_LIMIT, settings.API_QUOTE_LIMIT, settings.WEB_WORKERS = 3, 1, 1
    answers = [send(scene, call, {}) for call in (SHIP_QUOTE, SHIP_QUOTE, SELL, SELL)]
    assert [answer.status_code for answer in answers] == [400, 429, 400, 429]
    assert [answer["X-RateLimit-Limit"] for answer in answers] == ["1", "1", "3", "3"]
    assert [answer["X-RateLimit-Remaining"] for answer in answers] == ["0", "0", "0", "0"]
    check(scene, answers[1], 429, "Rate limit exceeded")
    assert 1 <= int(answers[1]["Retry-After"]) <= 60


def test_it_quotes_no_more_once_the_writes_are_spent(scene: Scene, settings: Settings) -> None:
    settings.API_WRITE_LIMIT, settings.WEB_WORKERS = 1, 1
    answers = [send(scene, call, {}) for call in (SELL, SHIP_QUOTE)]
    assert [answer.status_code for answer in answers] == [400, 429]


@pytest.mark.parametrize(("own", "limit"), [(None, "5"), (9, "6"), (3, "3")])
def test_it_never_quotes_more_often_than_the_limit_of_quotes(
    scene: Scene, settings: Settings, own: int | None, limit: str
) -> None:
    settings.API_RATE_LIMIT, settings.API_WRITE_LIMIT, settings.WEB_WORKERS = 8, 5, 1
    settings.API_QUOTE_LIMIT = 6
    Environment.objects.filter(pk=scene.environment.pk).update(calls_per_minute=own)
    assert send(scene, SHIP_QUOTE, {})["X-RateLimit-Limit"] == limit


def test_it_limits_writes_like_reads_by_default(scene: Scene, settings: Settings) -> None:
    settings.API_RATE_LIMIT, settings.WEB_WORKERS = 7, 1
    assert send(scene, SELL, {})["X-RateLimit-Limit"] == "7"


def test_it_counts_environments_apart(
    scenes: dict[str, Scene], db: None, settings: Settings
) -> None:
    settings.API_RATE_LIMIT, settings.WEB_WORKERS = 1, 1
    assert [send(scene, AVAILABLE).status_code for scene in scenes.values()] == [200, 200]
    assert [send(scene, AVAILABLE).status_code for scene in scenes.values()] == [429, 429]


def test_it_counts_guesses_at_keys_by_address(scene: Scene, settings: Settings) -> None:
    settings.API_RATE_LIMIT, settings.WEB_WORKERS = 2, 1
    answers = [send(scene, AVAILABLE, key=scene.keys["unknown"]) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [401, 401, 429]
    assert send(scene, AVAILABLE).status_code == 200


def test_it_allows_ten_calls_a_second_by_default(scene: Scene) -> None:
    assert configured.API_RATE_LIMIT >= 600


@pytest.mark.parametrize(
    ("call", "sent", "sentence"),
    [
        (SELL, {"item_id": "<held>"}, "An unexpected error occurred"),
        (BUY, buying(), "Error during transaction"),
        (STATUS, {"session_id": "<session>"}, "An unexpected error occurred"),
        ("GET /inventory/ada", None, "An unexpected error occurred"),
        ("GET /vm/recent-pulls", None, "An unexpected error occurred"),
    ],
)
def test_it_answers_a_fault_in_json_and_does_not_keep_it(
    scene: Scene, call: str, sent: Any, sentence: str
) -> None:
    """A real fault: a table is missing."""
    before, key = everything(), {"Idempotency-Key": "k"}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SET CONSTRAINTS ALL IMMEDIATE; ALTER TABLE inventory_card RENAME TO elsewhere"
        )
        answer = send(scene, call, sent, headers=key)
        transaction.set_rollback(True)
    check(scene, answer, 500, sentence)
    assert everything() == before
    assert send(scene, call, sent, headers=key).status_code == 200
