"""The contract's stories about the Idempotency-Key, one test each (``idempotency_cases.py``)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from buyback.models import Buyback
from config.foundation import clock
from inventory.models import Purchase
from partners.models import IdempotencyKey, Mode
from partners.records import idempotency
from tests.contract.cases import BUY, REFUSED_KEYS, SELL, TOO_LARGE, buying
from tests.contract.idempotency_cases import HELD, STORIES, Story
from tests.contract.runner import check, check_envelope, everything, send
from tests.contract.sandbox_cases import IN_FLIGHT, IN_PROGRESS
from tests.contract.scene import Scene
from tests.world import make_idempotency_key


@pytest.mark.parametrize(
    "story", STORIES, ids=lambda story: f"{story.call.split('/')[-1]}-{story.when}"
)
def test_it_answers_as_section_9_says(scene: Scene, story: Story) -> None:
    sales, purchases = Buyback.objects.count(), Purchase.objects.count()
    first = None
    for call in story.calls:
        sent = scene.fill(call.sent)
        response = send(scene, call.call or story.call, sent, headers={"Idempotency-Key": call.key})
        first = first or response
        if call.status is not ... and call.answer is not ...:
            check(scene, response, call.status, call.answer)
        check_envelope(response)
        if call.replayed:
            assert (response.status_code, response.content) == (first.status_code, first.content)
        assert response.headers.get("Idempotency-Replayed") == ("true" if call.replayed else None)
    assert Buyback.objects.count() - sales == story.sales
    assert Purchase.objects.count() - purchases == story.purchases


def test_it_keeps_keys_apart_by_environment(scenes: dict[str, Scene], db: None) -> None:
    for mode in Mode.values:
        response = send(scenes[mode], SELL, HELD, headers={"Idempotency-Key": "shared"})
        check(scenes[mode], response, 200, {"success": True, "amount": 70.13})
    assert IdempotencyKey.objects.filter(key="shared").count() == 2


@pytest.mark.parametrize("whose", REFUSED_KEYS)
def test_it_keeps_no_401(scene: Scene, whose: str) -> None:
    before = everything()
    refused = send(scene, SELL, HELD, key=scene.keys[whose], headers={"Idempotency-Key": "k"})
    check(scene, refused, 401, "Invalid API key")
    assert everything() == before
    assert send(scene, SELL, HELD, headers={"Idempotency-Key": "k"}).status_code == 200


@pytest.mark.parametrize(
    ("call", "sent", "answer"),
    [(BUY, buying(), (409, IN_PROGRESS)), (SELL, HELD, (429, IN_FLIGHT))],
)
def test_a_second_request_must_wait(
    scenes: dict[str, Scene], db: None, call: str, sent: Any, answer: tuple[int, str]
) -> None:
    """The first request is running, or died less than a minute ago."""
    live, soon = scenes[Mode.LIVE], clock.now() + timedelta(minutes=1)
    same = idempotency.fingerprint(f"{live.base}{call.split()[1]}", live.fill(sent))
    make_idempotency_key(
        live.environment, key="k", fingerprint=same, status=None, body=None, lease_until=soon
    )
    for _ in range(2):
        second = send(live, call, sent, headers={"Idempotency-Key": "k"})
        check(live, second, *answer)
        assert second["Retry-After"] == "1"


def test_it_keeps_no_413(scene: Scene) -> None:
    large = send(scene, SELL, b"x" * 65_537, headers={"Idempotency-Key": "k"})
    check(scene, large, *TOO_LARGE)
    assert send(scene, SELL, HELD, headers={"Idempotency-Key": "k"}).status_code == 200


def test_it_forgets_an_answer_after_48_hours_but_not_before(scene: Scene) -> None:
    send(scene, BUY, buying(), headers={"Idempotency-Key": "k"})
    now = clock.now()
    assert idempotency.forget_old(now=now + timedelta(hours=47)) == 0
    assert idempotency.forget_old(now=now + timedelta(hours=49)) == 1
