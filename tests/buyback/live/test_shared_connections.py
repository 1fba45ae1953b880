"""Threads with shared connections: none is held while waiting for a peer; no free one gives 500."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import pytest
from django.db import connection
from pytest_django.fixtures import Settings

from config.foundation import shared_connections
from tests.buyback.live.shop import (
    FAILED,
    IN_FLIGHT,
    SETTLED,
    SOLD,
    UNKNOWN,
    UNTOUCHED,
    Shop,
    calls,
    later,
    reconciled,
    rows,
)
from tests.peers.server import Peer
from tests.processes import until
from tests.threads import sharing_threads

SALES = 6
Submit = Callable[..., Future[Any]]


@pytest.fixture
def threads(shop: Shop, settings: Settings) -> Any:
    """Threads that share one connection."""
    settings.WEB_PEER_CONNECTIONS, settings.WEB_PEER_CONNECTION_TIMEOUT = 1, 0.3
    with sharing_threads(SALES + 1) as submit:
        yield submit


OTHERS = """
SELECT state FROM pg_stat_activity
 WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


def others() -> list[str]:
    """The activity of all other connections to this test's database."""
    with connection.cursor() as cursor:
        cursor.execute(OTHERS)
        return [state for (state,) in cursor.fetchall()]


@pytest.mark.parametrize(("peer", "answer"), [("oracle", FAILED), ("treasury", UNKNOWN)])
def test_it_holds_no_connection_while_it_waits_for_a_peer(
    shop: Shop, threads: Submit, settings: Settings, peer: str, answer: Any
) -> None:
    settings.WEB_PEER_CONNECTION_TIMEOUT = 20
    asked = getattr(shop, peer)
    asked.fault("hang")
    sales = [threads(shop.sale, shop.item()) for _ in range(SALES)]
    until(lambda: len(calls(asked)) == SALES, seconds=20)
    assert others() == ["idle"]
    asked.stopping.set()  # it closes the connection
    assert [sale.result(timeout=30) for sale in sales] == [answer] * SALES


def test_it_sells_over_one_connection(shop: Shop, threads: Submit, settings: Settings) -> None:
    settings.WEB_PEER_CONNECTION_TIMEOUT = 20
    items = [shop.item() for _ in range(2 * SALES)]
    answers = [threads(shop.sale, item, key=f"key of {item.pk}") for item in items]
    assert [answer.result() for answer in answers] == [SOLD] * len(items)
    assert [rows(item).moves for item in items] == [SETTLED.moves] * len(items)
    assert len(shop.treasury.payments) == len(items)


class Taken:
    """The only connection, held by a thread until ``release``."""

    def __init__(self, threads: Submit) -> None:
        self._done, self._threads = threading.Event(), threads

    def take(self) -> None:
        taken = threading.Event()
        self._holding = self._threads(self._hold, taken)
        assert taken.wait(timeout=20)

    def _hold(self, taken: threading.Event) -> None:
        connection.ensure_connection()
        taken.set()
        assert self._done.wait(timeout=30)

    def release(self) -> None:
        self._done.set()
        self._holding.result(timeout=30)


@pytest.mark.parametrize("key", [None, "k"])
def test_it_does_nothing_without_a_connection(shop: Shop, threads: Submit, key: str | None) -> None:
    item, taken = shop.item(), Taken(threads)
    taken.take()
    assert threads(shop.sale, item, key=key).result() == UNKNOWN
    assert rows(item) == UNTOUCHED
    assert (shop.oracle.seen, shop.treasury.seen) == ([], [])
    taken.release()
    assert threads(shop.sale, item, key=key).result() == SOLD
    assert rows(item) == SETTLED


def taken_at(asked: Peer, threads: Submit, monkeypatch: pytest.MonkeyPatch) -> Taken:
    """Hold the connection when a peer is called, so the waiting sellback finds none."""
    taken = Taken(threads)
    respond = asked.respond

    def answer(request: Any) -> None:
        taken.take()
        respond(request)

    monkeypatch.setattr(asked, "respond", answer)
    return taken


def test_it_requests_no_payment_that_it_cannot_record(
    shop: Shop, threads: Submit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The claim stays until its lease expires; then the item is held again."""
    item = shop.item()
    taken = taken_at(shop.oracle, threads, monkeypatch)
    assert threads(shop.sale, item).result() == UNKNOWN
    taken.release()
    monkeypatch.undo()
    assert (rows(item).item, rows(item).buyback, shop.treasury.seen) == ("selling", "claimed", [])
    assert shop.sale(item) == IN_FLIGHT
    assert reconciled(item)
    assert rows(item).reason == "abandoned before the treasury was asked"
    assert shop.sale(item) == SOLD


def test_it_loses_no_payment_that_it_cannot_write_down(
    shop: Shop, threads: Submit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The submission is recorded, so the reconciler finds out that it was paid."""
    item = shop.item()
    taken = taken_at(shop.treasury, threads, monkeypatch)
    assert threads(shop.sale, item, key="k").result() == UNKNOWN
    taken.release()
    monkeypatch.undo()
    assert (rows(item).buyback, len(shop.treasury.payments)) == ("submitted", 1)
    assert reconciled(item, now=later(minutes=1))
    assert rows(item) == SETTLED
    assert shop.sale(item, key="k") == SOLD
    assert len(shop.treasury.payments) == 1


def test_it_returns_the_connection_at_the_end_of_a_request(shop: Shop, threads: Submit) -> None:
    found = Counter(threads(shop.get, "/vm/available").result()[0] for _ in range(2 * SALES))
    assert found == {200: 2 * SALES}
    pool = shared_connections.pool_of("default")
    assert pool is not None
    stats = pool.get_stats()
    assert (stats["pool_size"], stats["pool_available"]) == (1, 1)
