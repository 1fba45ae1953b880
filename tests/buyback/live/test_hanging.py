"""Hanging peers: other requests are served, the breaker opens, and no sellback changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from threading import BoundedSemaphore
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from buyback.guards.alerts import open_breakers
from buyback.live import breakers, steps
from buyback.live.reconciler import reconcile_all
from buyback.models import Buyback, Payout
from config.foundation.single_run import single_run
from config.peers import outbound
from config.peers.breaker import MAX_FAILURES, REST, Breaker
from inventory.models import Item
from partners.records.actor import SYSTEM
from tests.buyback.live.shop import (
    FAILED,
    HASTY,
    SETTLED,
    SOLD,
    UNKNOWN,
    UNTOUCHED,
    Rows,
    Shop,
    calls,
    later,
    reconciled,
    refused,
    rows,
    unresolved,
)
from tests.buyback.live.test_breakers import Clock, alerted_peers
from tests.dashboard.steps import HTMX, signed_in

THREADS = 4
NO_PRICE = "There is no price right now"
DROPPED = replace(unresolved("treasury: unreachable"), spent=())
PAID = replace(SETTLED, spent=())


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of all breakers."""
    clock = Clock()
    for name in ("ORACLE", "TREASURY", "QUESTIONS"):
        monkeypatch.setattr(breakers, name, Breaker(clock))
    return clock


@pytest.fixture(autouse=True)
def _one_thread_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """The threads of a small lane, of which all but one may wait for queries."""
    monkeypatch.setattr(outbound, "AT_ONCE", BoundedSemaphore(THREADS - 1))


@pytest.fixture
def web() -> Iterator[Callable[..., Future[Any]]]:
    """A web server's threads: submit a call, get a future of its response."""
    with ThreadPoolExecutor(THREADS) as threads:

        def answer(call: Callable[..., Any], *given: Any) -> Any:
            try:
                return call(*given)
            finally:
                connections.close_all()

        yield lambda call, *given: threads.submit(answer, call, *given)


def lost(shop: Shop, number: int = 1) -> list[Item]:
    """Items whose sellbacks were paid without a response; their leases have expired."""
    items = [shop.item() for _ in range(number)]
    shop.treasury.fault("drop_after", times=number)
    for item in items:
        assert shop.sale(item) == UNKNOWN
        breakers.TREASURY.count(answered=True)  # these failures are not part of the test
    shop.treasury.seen.clear()
    Buyback.objects.update(lease_until=later(seconds=-1))
    return items


def bare(item: Item) -> Rows:
    """The item's rows, without totals over all items."""
    return replace(rows(item), spent=())


def status(shop: Shop, item: Item) -> str:
    said: str = shop.get(f"/vm/buyback/{item.public_id}")[1]["status"]
    return said


def sandboxed(shop: Shop) -> int:
    answer = Client().get(
        "/_/api/v1/vm/recent-pulls", headers={"X-API-Key": shop.world.northwind.sandbox_key}
    )
    return answer.status_code


def price(shop: Shop, item: Item) -> str:
    """The dashboard's price of an item."""
    client = signed_in(shop.world.northwind.operator)
    return client.get(
        reverse("dashboard:sell", args=["live", item.pk]), headers=HTMX
    ).content.decode()


def test_it_serves_other_requests_while_the_treasury_hangs(
    shop: Shop, web: Callable[..., Future[Any]]
) -> None:
    """More requests about open sellbacks than threads: all but one thread may wait."""
    items = lost(shop, 2 * THREADS)
    shop.treasury.fault("hang")
    polls = [web(status, shop, item) for item in items]
    assert web(sandboxed, shop).result(timeout=15) == 200
    assert web(shop.sale, "nothing").result(timeout=15)[0] == 400
    assert Counter(poll.done() for poll in polls) == {False: THREADS - 1, True: THREADS + 1}
    shop.treasury.stopping.set()  # it closes the connection
    assert [poll.result(timeout=15) for poll in polls] == ["pending"] * len(items)
    assert calls(shop.treasury) == ["GET"] * (THREADS - 1)
    assert [bare(item) for item in items] == [DROPPED] * len(items)


def test_it_serves_other_requests_while_the_oracle_hangs(
    shop: Shop, web: Callable[..., Future[Any]]
) -> None:
    items = [shop.item() for _ in range(2 * THREADS)]
    shop.oracle.fault("hang")
    looks = [web(price, shop, item) for item in items]
    assert web(sandboxed, shop).result(timeout=15) == 200
    assert Counter(look.done() for look in looks) == {False: THREADS - 1, True: THREADS + 1}
    shop.oracle.stopping.set()
    assert [NO_PRICE in look.result(timeout=15) for look in looks] == [True] * len(items)
    assert [rows(item) for item in items] == [UNTOUCHED] * len(items)


def test_it_returns_the_stored_state_when_all_places_are_taken(shop: Shop) -> None:
    """The limit is for all peers together; beyond it the stored row is returned unchanged."""
    (item,), held = lost(shop), [outbound.one_of_few() for _ in range(THREADS - 1)]
    assert [place.__enter__() for place in held] == [True] * (THREADS - 1)
    assert (status(shop, item), NO_PRICE in price(shop, shop.item())) == ("pending", True)
    assert (shop.treasury.seen, bare(item)) == ([], DROPPED)
    for place in held:
        place.__exit__(None, None, None)
    assert status(shop, item) == "completed"
    assert bare(item) == PAID


def test_it_asks_no_treasury_that_has_not_answered_five_questions(shop: Shop, clock: Clock) -> None:
    items = lost(shop, MAX_FAILURES + 1)
    shop.treasury.fault("500")
    assert [status(shop, item) for item in items] == ["pending"] * (MAX_FAILURES + 1)
    assert calls(shop.treasury) == ["GET"] * MAX_FAILURES
    assert (alerted_peers(), open_breakers()) == (["treasury"], ["treasury"])
    assert bare(items[-1]) == DROPPED
    shop.treasury.fault(None)
    clock.seconds = REST - 0.001
    assert (status(shop, items[-1]), reconciled(items[0])) == ("pending", False)
    clock.seconds = REST
    assert status(shop, items[-1]) == "completed"
    assert [reconciled(item) for item in items] == [True] * (MAX_FAILURES + 1)
    assert [bare(item) for item in items] == [PAID] * (MAX_FAILURES + 1)
    assert len(shop.treasury.payments) == MAX_FAILURES + 1


def test_it_asks_again_for_30_seconds_no_more_after_the_first_try_is_not_answered(
    shop: Shop, clock: Clock
) -> None:
    items = lost(shop, MAX_FAILURES + 1)
    shop.treasury.fault("500")
    for item in items:
        reconciled(item)
    clock.seconds = REST
    assert [reconciled(item, now=later(minutes=2)) for item in items] == [False] * (
        MAX_FAILURES + 1
    )
    assert calls(shop.treasury) == ["GET"] * (MAX_FAILURES + 1)


def test_it_sells_while_only_status_requests_fail(shop: Shop, clock: Clock) -> None:
    items = lost(shop, MAX_FAILURES)
    shop.treasury.fault("500", times=MAX_FAILURES)
    assert [reconciled(item) for item in items] == [False] * MAX_FAILURES
    assert breakers.QUESTIONS.is_open()
    assert shop.sale(shop.item()) == SOLD


def test_it_stops_selling_while_only_payments_fail(shop: Shop, clock: Clock) -> None:
    """Each status request gets "not found", which does not reset the failures of payments."""
    items = [shop.item() for _ in range(3)]
    shop.treasury.fault("drop_before")
    for item in items:
        assert shop.sale(item) == UNKNOWN
        Buyback.objects.update(lease_until=later(seconds=-1))
        assert status(shop, items[0]) == "pending"
    # After the fifth failure nothing is submitted again, and nothing else is sold.
    assert calls(shop.treasury) == ["POST", "GET", "POST", "POST", "GET", "POST", "POST", "GET"]
    assert bare(items[0]) == replace(DROPPED, reason="treasury: not found")
    assert shop.sale(shop.item()) == FAILED
    shop.treasury.fault(None)
    clock.seconds = REST
    assert [reconciled(item) for item in items] == [True] * 3
    assert [bare(item) for item in items] == [PAID] * 3
    assert len(shop.treasury.payments) == Payout.objects.count() == 3


def test_it_ends_a_run_after_five_failed_calls(shop: Shop, clock: Clock) -> None:
    """The next run continues with those that have waited longest."""
    items = lost(shop, MAX_FAILURES + 2)
    shop.treasury.fault("500")
    assert [reconcile_all(now=later(minutes=1)) for _ in range(3)] == [0] * 3
    assert calls(shop.treasury) == ["GET"] * MAX_FAILURES
    assert [bare(item) for item in items[MAX_FAILURES:]] == [DROPPED] * 2
    shop.treasury.fault(None)
    clock.seconds = REST
    assert reconcile_all(now=later(minutes=1)) == 2
    assert [bare(item) for item in items[MAX_FAILURES:]] == [PAID] * 2
    assert reconcile_all(now=later(minutes=2)) == MAX_FAILURES


def test_it_makes_one_run_of_the_clock_at_a_time(shop: Shop) -> None:
    lost(shop)
    with single_run("reconcile", seconds=60):
        assert reconcile_all() == 0
    assert shop.treasury.seen == []
    assert [reconcile_all(), reconcile_all()] == [1, 0]


def test_it_starts_no_sellback_after_its_time_limit(shop: Shop) -> None:
    items = lost(shop, 2)
    assert reconcile_all(seconds=0.0) == 0
    assert shop.treasury.seen == []
    assert reconcile_all() == len(items)


def test_it_ends_a_claim_that_needs_no_call_even_then(shop: Shop, clock: Clock) -> None:
    item = shop.item()
    steps.claim(
        environment=item.environment,
        item_id=item.public_id,
        by=SYSTEM,
        idempotency_row=None,
        now=later(minutes=-1),
    )
    for _ in range(MAX_FAILURES):
        breakers.QUESTIONS.count(answered=False)
    assert status(shop, item) == "failed"
    assert rows(item) == refused("abandoned before the treasury was asked")


def test_it_shows_no_price_of_an_oracle_that_has_not_been_answering(
    shop: Shop, clock: Clock
) -> None:
    item = shop.item()
    shop.oracle.fault("500")
    assert [NO_PRICE in price(shop, item) for _ in range(MAX_FAILURES + 1)] == [True] * (
        MAX_FAILURES + 1
    )
    assert calls(shop.oracle) == ["GET"] * 2 * MAX_FAILURES
    shop.oracle.fault(None)
    clock.seconds = REST
    assert "Sell back for $70.13" in price(shop, item)


def test_it_lets_few_sellbacks_wait_for_a_hanging_treasury(
    shop: Shop, settings: Settings, web: Callable[..., Future[Any]]
) -> None:
    """Each thread handles one sellback when the breaker opens, and no more start.

    Each is paid once in the end.
    """
    items, settings.TREASURY_TIMEOUT = [shop.item() for _ in range(4 * MAX_FAILURES)], HASTY
    shop.treasury.fault("hang_after")
    sales = [web(shop.sale, item) for item in items]
    answers = Counter(sale.result(timeout=60)[0] for sale in sales)
    waited = answers[500]
    assert MAX_FAILURES <= waited < MAX_FAILURES + THREADS
    assert answers == {500: waited, 400: len(items) - waited}
    assert calls(shop.treasury) == ["POST"] * waited
    shop.treasury.fault(None)
    settings.TREASURY_TIMEOUT = 20.0
    open_ones = [sale.item for sale in Buyback.objects.select_related("item")]
    assert [reconciled(item) for item in open_ones] == [True] * waited
    assert Counter(Item.objects.values_list("state", flat=True)) == {
        "sold": waited,
        "held": len(items) - waited,
    }
    assert len(shop.treasury.payments) == waited
