"""Idempotency keys: equality of requests, stored responses, and how long they are stored.

Stories over HTTP are in ``tests/contract``, simultaneous requests in ``tests/races``.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from partners.models import Environment, IdempotencyKey
from partners.records.idempotency import (
    KEPT_FOR,
    Answer,
    InvalidKey,
    KeyReused,
    fingerprint,
    forget_old,
    once,
)
from tests.world import NOW, World, make_idempotency_key, make_partner

ONE, OTHER = bytes(32), b"\1" * 32
ANSWER = Answer(200, b'{"ok":true}')


def ask(
    environment: Environment, key: str = "k", mark: bytes = ONE, answer: Answer = ANSWER
) -> Answer:
    return once(environment=environment, key=key, fingerprint=mark, answer=lambda: answer)


def test_it_answers_once_and_then_repeats(world: World) -> None:
    assert ask(world.northwind.live) == ANSWER
    again = ask(world.northwind.live, answer=Answer(400, b"never asked"))
    assert again == Answer(200, b'{"ok":true}', replayed=True)
    assert IdempotencyKey.objects.count() == 1


def test_it_does_not_ask_again_what_it_knows(world: World) -> None:
    asked: list[int] = []

    def answer() -> Answer:
        asked.append(1)
        return ANSWER

    for _ in range(3):
        once(environment=world.northwind.live, key="k", fingerprint=ONE, answer=answer)
    assert asked == [1]


def test_it_refuses_another_request_under_the_same_key(world: World) -> None:
    ask(world.northwind.live)
    with pytest.raises(KeyReused):
        ask(world.northwind.live, mark=OTHER)
    assert ask(world.northwind.live).replayed


def test_it_keeps_keys_apart_by_environment(world: World) -> None:
    environments = (world.northwind.live, world.northwind.sandbox, world.juniper.live)
    assert [ask(environment).replayed for environment in environments] == [False] * 3
    assert [ask(environment).replayed for environment in environments] == [True] * 3


def test_it_keeps_neither_answer_nor_effect_when_the_effect_fails(world: World) -> None:
    def fails() -> Answer:
        make_partner(slug="half-done")
        raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError):
        once(environment=world.northwind.live, key="k", fingerprint=ONE, answer=fails)
    assert not IdempotencyKey.objects.exists()
    assert not type(world.northwind.partner).objects.filter(slug="half-done").exists()
    assert not ask(world.northwind.live).replayed


@pytest.mark.parametrize("key", ["", "k" * 256, "a\tb", "a\nb", "é", "a\x7f", "a\0b"])
def test_it_refuses_an_unusable_key(world: World, key: str) -> None:
    with pytest.raises(InvalidKey):
        ask(world.northwind.live, key)
    assert not IdempotencyKey.objects.exists()


@pytest.mark.parametrize("key", ["k", " ", "~", "k" * 255, "'; DROP TABLE --"])
def test_it_takes_every_printable_key(world: World, key: str) -> None:
    ask(world.northwind.live, key)
    assert ask(world.northwind.live, key).replayed


def test_it_forgets_after_48_hours(world: World) -> None:
    for age in (KEPT_FOR - timedelta(seconds=1), KEPT_FOR + timedelta(seconds=1)):
        make_idempotency_key(world.northwind.live, created_at=NOW - age)
    assert forget_old(now=NOW) == 1
    assert IdempotencyKey.objects.get().created_at == NOW - KEPT_FOR + timedelta(seconds=1)
    assert timedelta(hours=24) <= KEPT_FOR


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
BODY = st.dictionaries(st.text(), JSON)


@given(BODY)
@settings(max_examples=40)
def test_it_ignores_the_order_of_keys(body: dict[str, Any]) -> None:
    assert fingerprint("/a", body) == fingerprint("/a", dict(reversed(body.items())))


@given(BODY)
@settings(max_examples=40)
def test_it_distinguishes_routes(body: dict[str, Any]) -> None:
    assert fingerprint("/a", body) != fingerprint("/b", body)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"a": 1}, {"a": 1.0}, True),
        ({"a": [1, {"b": 2.0}]}, {"a": [1.0, {"b": 2}]}, True),
        ({"a": 1}, {"a": "1"}, False),
        ({"a": 1}, {"a": True}, False),
        ({"a": 0}, {"a": False}, False),
        ({"a": None}, {}, False),
        ({"a": [1, 2]}, {"a": [2, 1]}, False),
        ({"a": "é"}, {"a": "e\u0301"}, False),
        ({"a": 10**20}, {"a": 1e20}, True),
        ({"a": -0.0}, {"a": 0}, True),
    ],
)
def test_it_compares_parsed_values(one: dict[str, Any], other: dict[str, Any], same: bool) -> None:
    assert (fingerprint("/a", one) == fingerprint("/a", other)) is same
