"""The database connection breaks at a commit, either before or after it takes effect.

Either way the response is 500, and the next call gets the true state. A step of a live sellback is
one statement, which commits by itself. It is prepared, so its text is sent only once; it is
recognised by a value that no other statement has.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import NamedTuple

import pytest
from django.db import connection

from buyback.live.steps import reference_of
from buyback.models import Buyback
from config.foundation import clock
from inventory.models import Item
from partners.models import IdempotencyKey
from tests.kills.conftest import Far
from tests.kills.scene import FAILED, FAULT, IN_FLIGHT, NOT_FOUND, ONCE, SOLD, agree, rows, sell
from tests.kills.server import Heard
from tests.peers.server import Peer, Request
from tests.world import World, make_item

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

COMMIT = b"COMMIT"
BUSY, FELL, REFUSED = (
    Heard(429, IN_FLIGHT, False),
    Heard(500, FAULT, False),
    Heard(400, NOT_FOUND, False),
)
MADE, TOLD_AGAIN, FAILED_AGAIN = (
    Heard(200, SOLD, False),
    Heard(200, SOLD, True),
    Heard(400, FAILED, True),
)


def held(world: World, mode: str) -> Item:
    return make_item(world.northwind.environment(mode), now=clock.now())


def lapse() -> None:
    """Let all leases expire."""
    IdempotencyKey.objects.update(lease_until=clock.now() - timedelta(seconds=1))
    Buyback.objects.exclude(lease_until=None).update(lease_until=clock.now())


def arm_at(peer: Peer, monkeypatch: pytest.MonkeyPatch, arm: Callable[[], object]) -> None:
    """Set the rule when ``peer`` is called, because no statement is running then."""
    respond, once = peer.respond, [arm]

    def armed(request: Request) -> None:
        while once:
            once.pop()()
        respond(request)

    monkeypatch.setattr(peer, "respond", armed)


@pytest.mark.parametrize("key", [{}, ONCE], ids=["statement", "commit"])
def test_it_sells_nothing_when_cut_before(far: Far, world: World, key: dict[str, str]) -> None:
    item = held(world, "sandbox")
    far.wire.cut_before(COMMIT if key else item.public_id.encode())
    assert sell(far.server, world, item, "sandbox", **key) == FELL
    assert far.wire.fired.is_set()
    assert rows() == [0, 0, 0]
    assert sell(far.server, world, item, "sandbox", **key) == MADE
    assert rows() == [1, 1, 1]


@pytest.mark.parametrize(
    ("key", "truth"), [(ONCE, TOLD_AGAIN), ({}, REFUSED)], ids=["key", "no key"]
)
def test_it_has_sold_when_only_the_answer_is_lost(
    far: Far, world: World, key: dict[str, str], truth: Heard
) -> None:
    item = held(world, "sandbox")
    far.wire.lose_answer(COMMIT if key else item.public_id.encode())
    assert sell(far.server, world, item, "sandbox", **key) == FELL
    assert far.wire.fired.is_set()
    assert rows() == [1, 1, 1]
    assert sell(far.server, world, item, "sandbox", **key) == truth
    assert rows() == [1, 1, 1]


class Cut(NamedTuple):
    """A step of the sellback, how it is cut, and the result.

    The result is the database's state (buyback, sales, payouts, transfers), and the responses to
    the same key, now and after the leases.
    """

    step: str
    how: str
    leaves: tuple[str, list[int]]
    at_once: Heard
    later: Heard


CUTS = (
    Cut("key", "cut_before", ("", [0, 0, 0]), MADE, TOLD_AGAIN),
    Cut("key", "lose_answer", ("", [0, 0, 0]), BUSY, MADE),
    Cut("claim", "cut_before", ("", [0, 0, 0]), BUSY, MADE),
    Cut("claim", "lose_answer", ("claimed", [1, 0, 0]), BUSY, FAILED_AGAIN),
    Cut("submit", "cut_before", ("claimed", [1, 0, 0]), BUSY, FAILED_AGAIN),
    Cut("submit", "lose_answer", ("submitted", [1, 0, 1]), BUSY, TOLD_AGAIN),
    Cut("settle", "cut_before", ("submitted", [1, 0, 1]), BUSY, TOLD_AGAIN),
    Cut("settle", "lose_answer", ("settled", [1, 1, 2]), TOLD_AGAIN, TOLD_AGAIN),
)


def id_of_the_sale() -> bytes:
    """The id as sent to the database. The peer's thread reads it, and closes its connection."""
    try:
        return Buyback.objects.get().pk.bytes
    finally:
        connection.close()


@pytest.mark.parametrize("cut", CUTS, ids=lambda cut: f"{cut.step}-{cut.how}")
def test_a_retry_with_the_key_gets_the_true_outcome(
    far: Far, world: World, cut: Cut, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = held(world, "live")

    def at(words: bytes) -> None:
        getattr(far.wire, cut.how)(words)

    if cut.step == "settle":
        arm_at(far.peers.treasury, monkeypatch, lambda: at(id_of_the_sale()))
    else:
        key, reference = ONCE["Idempotency-Key"], reference_of(item, 1)
        at({"key": key, "claim": item.public_id, "submit": reference}[cut.step].encode())
    assert sell(far.server, world, item, **ONCE) == FELL
    assert far.wire.fired.is_set()
    assert (getattr(Buyback.objects.first(), "state", ""), rows()) == cut.leaves
    assert sell(far.server, world, item, **ONCE) == cut.at_once
    lapse()
    assert sell(far.server, world, item, **ONCE) == cut.later
    assert agree(far.peers)


@pytest.mark.parametrize(("how", "left"), [("cut_before", 0), ("lose_answer", 1)])
def test_it_claims_again_without_a_key(far: Far, world: World, how: str, left: int) -> None:
    """An abandoned claim expires, and the item can be sold back."""
    item = held(world, "live")
    getattr(far.wire, how)(item.public_id.encode())
    assert sell(far.server, world, item) == FELL
    assert rows() == [left, 0, 0]
    assert far.peers.oracle.seen == far.peers.treasury.seen == []
    if left:
        assert sell(far.server, world, item) == BUSY
        lapse()
    assert sell(far.server, world, item) == MADE
    assert rows() == [left + 1, 1, 2]
    assert agree(far.peers)
