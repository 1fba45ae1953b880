"""Idempotency keys: equality of requests, stored responses, and how long they are stored.

Stories over HTTP are in ``tests/contract``, simultaneous requests in ``tests/races``.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.foundation import clock
from config.foundation.codes import Code
from config.foundation.errors import Refusal
from partners.models import Environment, IdempotencyKey, Partner
from partners.records.idempotency import (
    KEPT_FOR,
    InvalidKey,
    KeyReused,
    Policy,
    StoredRefusal,
    Turn,
    begin,
    fingerprint,
    forget_old,
    turn,
)
from tests.world import NOW, World, make_idempotency_key, make_partner

ONE, OTHER = bytes(32), b"\1" * 32
STEPS = Policy(steps=lambda _: True)


class Full(Refusal):
    """A refusal that keys store."""

    code = Code.TEAM_FULL
    sentence = "Full"


class Busy(Full):
    """One that they do not."""

    status = 429


def ask(
    environment: Environment,
    key: str | None = "k",
    mark: bytes = ONE,
    *,
    act: Callable[[], object] = bool,
    policy: Policy = Policy(),  # noqa: B008  (immutable)
) -> Turn:
    """One request: ``act`` happens in its turn, unless the response is known."""
    with turn(environment=environment, key=key, fingerprint=mark, policy=policy) as ours:
        if not ours.stored:
            act()
            ours.body = b'{"ok":true}'
    return ours


def never() -> None:
    raise AssertionError("it acted again")


def refuse(refusal: type[Refusal] = Full) -> Callable[[], object]:
    """Writes a row, and refuses."""

    def act() -> None:
        make_partner(slug=f"half-done-{Partner.objects.count()}")
        raise refusal

    return act


@pytest.fixture(params=["one transaction", "steps"])
def policy(request: pytest.FixtureRequest) -> Policy:
    return STEPS if request.param == "steps" else Policy()


@pytest.mark.django_db(transaction=True)
def test_it_acts_once_and_then_repeats(world: World, policy: Policy) -> None:
    first = ask(world.northwind.live, policy=policy)
    again = ask(world.northwind.live, policy=policy, act=never)
    assert (first.body, first.replayed, again.replayed) == (b'{"ok":true}', False, True)
    assert again.body == first.body
    row = IdempotencyKey.objects.get()
    assert (row.status, row.code, row.lease_until) == (200, "", None)


@pytest.mark.django_db(transaction=True)
def test_it_stores_a_refusal_and_raises_it_again(world: World, policy: Policy) -> None:
    with pytest.raises(Full):
        ask(world.northwind.live, act=refuse(), policy=policy)
    with pytest.raises(StoredRefusal) as again:
        ask(world.northwind.live, act=never, policy=policy)
    stored = again.value
    assert (stored.code, stored.status, stored.sentence) == (Code.TEAM_FULL, 400, "Full")
    assert (stored.body, stored.replayed) == (b'{"error":"Full"}', True)
    undone = not policy.steps(world.northwind.live)
    assert Partner.objects.filter(slug__startswith="half-done").exists() != undone


@pytest.mark.django_db(transaction=True)
def test_it_stores_no_refusal_that_another_try_may_pass(world: World, policy: Policy) -> None:
    with pytest.raises(Busy):
        ask(world.northwind.live, act=refuse(Busy), policy=policy)
    assert not IdempotencyKey.objects.exists()
    assert not ask(world.northwind.live, policy=policy).replayed


@pytest.mark.django_db(transaction=True)
def test_a_fault_leaves_the_key_to_another_try(world: World, policy: Policy) -> None:
    with pytest.raises(AssertionError):
        ask(world.northwind.live, act=never, policy=policy)
    assert not IdempotencyKey.objects.exists()
    assert not ask(world.northwind.live, policy=policy).replayed


@pytest.mark.django_db(transaction=True)
def test_a_late_fault_leaves_the_key_to_the_request_that_took_it_over(world: World) -> None:
    live = world.northwind.live

    def request() -> None:
        with turn(environment=live, key="k", fingerprint=ONE, policy=STEPS):
            IdempotencyKey.objects.update(lease_until=clock.now() - timedelta(seconds=1))
            begin(environment=live, key="k", fingerprint=ONE, now=clock.now())
            raise RuntimeError

    with pytest.raises(RuntimeError):
        request()
    assert IdempotencyKey.objects.get().status is None


@pytest.mark.django_db(transaction=True)
def test_what_was_bound_in_steps_is_the_response(world: World) -> None:
    made = uuid4()
    with turn(environment=world.northwind.live, key="k", fingerprint=ONE, policy=STEPS) as ours:
        IdempotencyKey.objects.filter(key="k").update(subject=made)
        ours.subject = made
    for kind in (STEPS, Policy()):
        with turn(environment=world.northwind.live, key="k", fingerprint=ONE, policy=kind) as again:
            assert (again.subject, again.stored, again.replayed) == (made, False, True)
    row = IdempotencyKey.objects.get()
    assert (row.subject, row.status) == (made, None)


@pytest.mark.django_db(transaction=True)
def test_a_fault_forgets_nothing_that_is_bound(world: World) -> None:
    def request() -> None:
        with turn(environment=world.northwind.live, key="k", fingerprint=ONE, policy=STEPS):
            IdempotencyKey.objects.filter(key="k").update(subject=uuid4())
            raise RuntimeError

    with pytest.raises(RuntimeError):
        request()
    assert IdempotencyKey.objects.get().subject is not None


def test_without_a_key_it_stores_nothing(world: World) -> None:
    assert ask(world.northwind.live, None).body == b'{"ok":true}'
    assert not IdempotencyKey.objects.exists()
    with pytest.raises(Full):
        ask(world.northwind.live, None, act=refuse(), policy=Policy(atomic=True))
    assert not Partner.objects.filter(slug__startswith="half-done").exists()


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
    def fails() -> None:
        make_partner(slug="half-done")
        raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError):
        ask(world.northwind.live, act=fails)
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
