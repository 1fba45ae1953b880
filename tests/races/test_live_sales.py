"""Simultaneous step-by-step sellbacks: one item is claimed once. First without the guards."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from threading import Event
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.test import Client

from buyback.live import steps
from buyback.models import Buyback, Payout, TreasuryControl
from config.foundation import clock
from inventory.models import Card, Item
from tests.conftest import empty_the_database
from tests.processes import until
from tests.races.conftest import Peers
from tests.statements import replaced, without
from tests.threads import together
from tests.world import World, make_item

AT_ONCE, FEW = 24, 6
IN_FLIGHT = b'{"error":"A buyback request for this item is already being processed"}'
NOT_FOUND = b'{"error":"Item not found"}'
FAILED = b'{"error":"Transaction failed"}'
SOLD = b'{"success":true,"amount":70.13}'
pytestmark = pytest.mark.django_db(transaction=True)


def held(world: World, **fields: Any) -> Item:
    return make_item(world.northwind.live, now=clock.now(), **fields)


def sell(world: World, item: Item, key: str = "", **body: Any) -> tuple[int, bytes]:
    """The exact response over HTTP; ``key`` is the Idempotency-Key."""
    response = Client().post(
        "/api/v1/vm/buyback",
        json.dumps({"item_id": item.public_id} | body),
        content_type="application/json",
        headers={"X-API-Key": world.northwind.live_key} | ({"Idempotency-Key": key} if key else {}),
    )
    return response.status_code, response.content


@contextmanager
def without_index(name: str) -> Iterator[None]:
    """The test's database without one unique index; rows that violate it are removed at the end."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_indexdef(%s::regclass)", [name])
        (definition,) = cursor.fetchone()
        cursor.execute(f"DROP INDEX {name}")
        try:
            yield
        finally:
            empty_the_database(None)  # type: ignore[arg-type]
            cursor.execute(definition)


COUNTED = (
    "AND %(submissions)s = (SELECT count(*) FROM buyback_buyback earlier"
    " WHERE earlier.item_id = basis.item_id AND earlier.reference <> '')"
)
GATE = 4711  # an advisory lock's name


def test_it_shows_one_item_paid_many_times_without_the_guards(
    world: World, peers: Peers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: no lock, no state check, no unique index, and a new reference each time.

    The treasury pays all of them.
    """
    item, closed = held(world), Event()
    blind = without(steps.CLAIM, "FOR NO KEY UPDATE NOWAIT", "AND inventory_item.state = 'held'")
    gate = f"FROM basis CROSS JOIN (SELECT pg_advisory_xact_lock_shared({GATE})) AS gate )"
    monkeypatch.setattr(steps, "CLAIM", replaced(blind, "FROM basis )", gate))
    monkeypatch.setattr(steps, "SUBMIT", without(steps.SUBMIT, COUNTED))
    monkeypatch.setattr(steps, "_next_reference", lambda _: str(uuid4()))

    def sell_after_a_look() -> tuple[int, bytes]:
        assert closed.wait(timeout=30)
        return sell(world, item)

    with without_index("buyback_buyback_one_open_per_item"):
        together([partial(opened_to_all, closed), *[sell_after_a_look] * FEW])
        assert len(peers.treasury.payments) == FEW


def opened_to_all(closed: Event) -> None:
    """Let all callers read the item before any of them continues."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [GATE])
        closed.set()
        until(lambda: waiting(cursor) == FEW, seconds=30)
        cursor.execute("SELECT pg_advisory_unlock(%s)", [GATE])


def waiting(cursor: Any) -> int:
    cursor.execute(
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = %s AND NOT granted",
        [GATE],
    )
    return int(cursor.fetchone()[0])


@pytest.mark.parametrize("key", ["", "the same"], ids=["no key", "one key"])
def test_it_pays_once(world: World, peers: Peers, key: str) -> None:
    item = held(world)
    answers = Counter(together([lambda: sell(world, item, key)] * AT_ONCE))
    # With one key, late callers get the first response; otherwise the item is gone.
    late = (200, SOLD) if key else (400, NOT_FOUND)
    assert set(answers) <= {(200, SOLD), (429, IN_FLIGHT), late}
    assert answers.total() == AT_ONCE
    assert key or answers[200, SOLD] == 1
    assert Payout.objects.count() == 1
    assert peers.agree()


def test_it_refuses_the_second_while_the_first_asks(
    world: World, peers: Peers, monkeypatch: pytest.MonkeyPatch
) -> None:
    item, gate = held(world), peers.hold(peers.treasury, monkeypatch)
    seconds: list[Any] = []
    ask = partial(gate.before, lambda: seconds.append(sell(world, item)))
    assert together([lambda: sell(world, item), ask]) == [(200, SOLD), None]
    assert seconds == [(429, IN_FLIGHT)]
    assert peers.agree()


def test_it_pays_each_of_many_items_once(world: World, peers: Peers) -> None:
    items = [held(world) for _ in range(6)]
    answers = Counter(together([partial(sell, world, item) for item in items] * 4))
    assert answers[200, SOLD] == len(items)
    assert Payout.objects.count() == len(items)
    assert peers.agree()


def test_it_passes_no_cap_together(world: World, peers: Peers) -> None:
    """Three sellbacks fit under the cap; twelve are requested together."""
    TreasuryControl.objects.create(cap_per_hour="220.00")
    items = [held(world) for _ in range(12)]
    answers = Counter(together([partial(sell, world, item) for item in items]))
    assert answers == {(200, SOLD): 3, (400, b'{"error":"Transaction failed"}'): 9}
    assert Item.objects.held().count() == 9
    assert peers.agree()


def test_it_blocks_no_other_sellback_while_it_waits_for_its_card(
    world: World, peers: Peers
) -> None:
    """An import locks the first item's card; the platform's cap row stays free meanwhile."""
    TreasuryControl.objects.create(cap_per_hour="1000.00")
    items, imports, sold = [held(world), held(world)], Event(), Event()

    def importer() -> bool:
        with transaction.atomic():
            Card.objects.select_for_update().get(pk=items[0].card_id)
            imports.set()
            return sold.wait(timeout=10)

    def first() -> tuple[int, bytes]:
        assert imports.wait(timeout=30)
        return sell(world, items[0])

    def second() -> tuple[int, bytes]:
        until(somebody_waits_for_a_row, seconds=20)
        answer = sell(world, items[1])
        sold.set()
        return answer

    assert together([importer, first, second]) == [True, (200, SOLD), (200, SOLD)]
    assert peers.agree()


def pause_while_it_waits_for_its_card(world: World, item: Item) -> list[Any]:
    """An import locks the card while the pause is set. Returns all three results."""
    TreasuryControl.objects.create()
    imports, paused = Event(), Event()

    def importer() -> bool:
        with transaction.atomic():
            Card.objects.select_for_update().get(pk=item.card_id)
            imports.set()
            return paused.wait(timeout=30)

    def seller() -> tuple[int, bytes]:
        assert imports.wait(timeout=30)
        return sell(world, item)

    def admin() -> None:
        until(somebody_waits_for_a_row, seconds=20)
        TreasuryControl.objects.update(paused=True)
        paused.set()

    return together([importer, seller, admin])


def test_it_shows_a_sale_that_does_not_see_the_switch(
    world: World, peers: Peers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: one statement that waits for the card reads the pause before the wait."""
    waits = replaced(steps.SUBMIT, "OF priced NOWAIT", "OF priced")
    monkeypatch.setattr(steps, "SUBMIT", waits)
    assert pause_while_it_waits_for_its_card(world, held(world)) == [True, (200, SOLD), None]


def test_it_sees_a_switch_that_is_set_while_it_waits(world: World, peers: Peers) -> None:
    item = held(world)
    assert pause_while_it_waits_for_its_card(world, item) == [True, (400, FAILED), None]
    item.refresh_from_db()
    assert (item.state, Buyback.objects.get().failure_code) == ("held", "paused")
    assert (peers.treasury.seen, Payout.objects.count()) == ([], 0)


def test_it_shows_the_oracles_price_after_its_wait_for_the_card(world: World, peers: Peers) -> None:
    """The import's price is older than the oracle's."""
    item, imports = held(world), Event()
    peers.oracle.prices[item.public_id] = "90.00"

    def importer() -> None:
        with transaction.atomic():
            Card.objects.select_for_update().get(pk=item.card_id)
            reprice(item, "80.00")
            imports.set()
            until(somebody_waits_for_a_row, seconds=20)

    def seller() -> tuple[int, bytes]:
        assert imports.wait(timeout=30)
        return sell(world, item)

    assert together([importer, seller]) == [None, (200, b'{"success":true,"amount":76.5}')]
    item.card.refresh_from_db()
    assert str(item.card.fmv) == "90.00"
    assert peers.agree()


def test_it_refuses_an_item_that_is_claimed_while_it_looks(
    world: World, peers: Peers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A claim that starts before another's commit and locks after it finds the item selling.

    It cannot see the other attempt.
    """
    item, closed, begun, claim = held(world), Event(), Event(), steps.CLAIM
    looks = "AND state <> 'sold'"
    gate = f"{looks} AND pg_advisory_xact_lock_shared({GATE}) IS NOT NULL"
    monkeypatch.setattr(steps, "CLAIM", replaced(claim, looks, gate))
    oracle = peers.hold(peers.oracle, monkeypatch)

    def late() -> tuple[int, bytes]:
        assert closed.wait(timeout=30)
        answer = sell(world, item)
        oracle.open.set()
        return answer

    def first() -> tuple[int, bytes]:
        assert begun.wait(timeout=30)
        return sell(world, item)

    def keeper() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [GATE])
            closed.set()
            until(lambda: waiting(cursor) == 1, seconds=30)
            monkeypatch.setattr(steps, "CLAIM", claim)
            begun.set()
            assert oracle.reached.wait(timeout=30)
            cursor.execute("SELECT pg_advisory_unlock(%s)", [GATE])

    assert together([late, first, keeper]) == [(429, IN_FLIGHT), (200, SOLD), None]
    assert peers.agree()


def somebody_waits_for_a_row() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock')"
        )
        return bool(cursor.fetchone()[0])


# --- beside an admin ------------------------------------------------------------------------------


def reprice(item: Item, fmv: str) -> None:
    """Change the price like an admin or an import."""
    Card.objects.filter(pk=item.card_id).update(fmv=fmv, priced_at=clock.now())


def test_it_sells_at_the_oracles_price_despite_catalogue_changes(
    world: World, peers: Peers, monkeypatch: pytest.MonkeyPatch
) -> None:
    item, gate = held(world), peers.hold(peers.oracle, monkeypatch)
    edit = partial(gate.before, lambda: reprice(item, "100.00"))
    assert together([lambda: sell(world, item), edit]) == [(200, SOLD), None]
    sale = Buyback.objects.get()
    assert (sale.fmv, sale.amount) == (item.fmv, item.buyback_price)
    assert peers.agree()


def test_it_keeps_the_window_it_was_claimed_in(
    world: World, peers: Peers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A window closed after the claim affects only the next sellback."""
    items, gate = [held(world), held(world)], peers.hold(peers.oracle, monkeypatch)
    edit = partial(gate.before, lambda: Item.objects.update(expires_at=clock.now()))
    assert together([lambda: sell(world, items[0]), edit]) == [(200, SOLD), None]
    assert sell(world, items[1]) == (400, b'{"error":"Item has expired"}')
    assert peers.agree()


def test_it_shows_a_price_moving_between_a_look_and_a_sale(world: World) -> None:
    """The control: a sellback without an expected price is paid at the new price."""
    item = held(world)
    seen = item.buyback_price
    reprice(item, "60.00")
    assert sell(world, item) == (200, b'{"success":true,"amount":51}')
    assert seen != Payout.objects.get().amount


def test_it_never_sells_below_a_floor_while_prices_move(world: World) -> None:
    """Instant, at catalogue prices: twelve items, each repriced during its sellback."""
    items = [held(world) for _ in range(12)]

    def edit() -> None:
        for number in range(40):
            for item in items:
                reprice(item, ("60.00", "82.50")[number % 2])

    def seller(part: list[Item]) -> Counter[tuple[int, bytes]]:
        return Counter(sell(world, item, min_amount=70.13) for item in part for _ in range(4))

    first, second, _ = together([partial(seller, items[:6]), partial(seller, items[6:]), edit])
    answers = first + second
    below = (400, b'{"error":"Price below min_amount"}')
    assert set(answers) <= {(200, SOLD), below, (400, NOT_FOUND)}
    assert answers[200, SOLD] == Payout.objects.count()
    assert set(Payout.objects.values_list("amount", flat=True)) <= {items[0].buyback_price}
