"""Simultaneous bulk sellbacks, and a worker killed in the middle: nothing is paid twice."""

from __future__ import annotations

import threading
from collections import Counter
from contextlib import ExitStack
from datetime import datetime
from decimal import Decimal
from functools import partial
from uuid import UUID, uuid4

import pytest
from django.db import connection

from buyback.bulk import run
from buyback.live import steps
from buyback.models import BulkLine, BulkSale, Buyback, Payout
from buyback.tasks import sell_bulk
from config.foundation import clock
from inventory.models import Item
from partners.models import AuditEntry
from partners.records.actor import SYSTEM
from tests.kills.scene import locked
from tests.processes import kill, process, until
from tests.races.conftest import Peers
from tests.races.test_sellback import payments_without_guards
from tests.races.test_worker import QUEUE, QUIET, WORKER, execute, number, send
from tests.threads import together
from tests.world import World, make_item

ITEMS = 24
pytestmark = pytest.mark.django_db(transaction=True)


def items_of(world: World, amount: int = ITEMS) -> list[Item]:
    return [make_item(world.northwind.sandbox, now=clock.now()) for _ in range(amount)]


def started(
    items: list[Item], token: UUID | None = None, amount: Decimal | None = None
) -> BulkSale:
    chosen = [(item.pk, amount or item.buyback_price) for item in items]
    here = items[0].environment
    return run.start(
        environment=here, token=token or uuid4(), chosen=chosen, by=SYSTEM, now=clock.now()
    )


def work_off(sale: BulkSale) -> None:
    while run.sell_next(sale.pk):
        pass


def line_states() -> Counter[str]:
    return Counter(BulkLine.objects.values_list("state", flat=True))


def test_it_pays_twice_without_claims_and_guards(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: two workers read the next line, then pay. Both found the same one."""
    sale, both_have_looked = started(items_of(world, 1)), threading.Barrier(2)

    def look(bulk_id: UUID, now: datetime, **how: object) -> BulkLine | None:
        found = BulkLine.objects.filter(bulk=bulk_id, state="pending").first()
        both_have_looked.wait(timeout=30)
        return found

    def pay(line: BulkLine, now: datetime | None) -> None:
        with connection.cursor() as cursor:
            payment = [uuid4(), line.environment_id, line.item.collector_id, line.amount]
            columns = "id, environment_id, collector_id, amount"
            cursor.execute(f"INSERT INTO unguarded ({columns}) VALUES (%s, %s, %s, %s)", payment)

    monkeypatch.setattr(run, "CHUNK", 1)
    monkeypatch.setattr(run, "_claim", look)
    monkeypatch.setattr(run, "_work_on", pay)
    with payments_without_guards():
        assert together([partial(run.sell_next, sale.pk)] * 2) == [True, True]
        assert number("SELECT count(*) FROM unguarded") == 2


def test_it_starts_once_for_one_form_sent_at_the_same_time(world: World) -> None:
    items, token = items_of(world, 3), uuid4()
    assert len(set(together([partial(started, items, token)] * 8))) == 1
    assert (BulkSale.objects.count(), BulkLine.objects.count(), AuditEntry.objects.count()) == (
        1,
        3,
        1,
    )


def test_it_sells_each_item_once_with_several_workers(world: World) -> None:
    sale = started(items_of(world))
    assert together([partial(work_off, sale)] * 4) == [None] * 4
    assert line_states() == {"sold": ITEMS}
    assert (Buyback.objects.count(), Payout.objects.count()) == (ITEMS, ITEMS)


def test_it_sells_each_item_once_of_two_bulk_sales(world: World) -> None:
    items = items_of(world)
    sales = [started(items), started(items)]
    assert together([partial(work_off, sale) for sale in sales]) == [None, None]
    assert line_states() == {"sold": ITEMS, "refused": ITEMS}
    assert (Buyback.objects.count(), Payout.objects.count()) == (ITEMS, ITEMS)


def payments_of_an_overtaken_worker(
    world: World, peers: Peers, monkeypatch: pytest.MonkeyPatch
) -> int:
    """The number of payments when a worker is so slow that its leases expire during its call."""
    sale = started([make_item(world.northwind.live, now=clock.now())], amount=Decimal("70.13"))
    gate = peers.hold(peers.treasury, monkeypatch)

    def overtake() -> None:
        BulkLine.objects.update(lease_until=clock.now())
        Buyback.objects.update(lease_until=clock.now())
        run.sell_next(sale.pk)

    slow = partial(run.sell_next, sale.pk)
    assert together([slow, partial(gate.before, overtake)]) == [False, None]
    assert line_states() == {"sold": 1}
    assert Payout.objects.count() == 1
    return len(peers.treasury.payments)


def test_it_pays_twice_when_a_worker_is_overtaken_without_its_reference(
    world: World, peers: Peers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: each of the two uses its own reference."""
    monkeypatch.setattr(steps.Attempt, "reference", property(lambda _: f"buyback-{uuid4()}"))
    assert payments_of_an_overtaken_worker(world, peers, monkeypatch) == 2


def test_it_pays_once_when_a_worker_is_overtaken(
    world: World, peers: Peers, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert payments_of_an_overtaken_worker(world, peers, monkeypatch) == 1
    assert peers.agree()


def waiting() -> bool:
    """Whether a worker's sellback waits for a locked row."""
    return bool(
        number(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND "
            "wait_event_type = 'Lock'"
            " AND pid <> pg_backend_pid()"
        )
    )


@pytest.mark.slow
@pytest.mark.usefixtures("leaves_no_connection")
def test_it_is_finished_by_another_worker_when_its_own_is_killed(world: World) -> None:
    items = items_of(world, 6)
    sale = started(items)
    send(sell_bulk, str(sale.pk))
    with ExitStack() as held:
        held.enter_context(locked("inventory_collector", items[3].collector_id))
        with process(*WORKER, *QUIET) as worker:
            until(waiting)
            kill(worker)
        assert line_states() == {"sold": 3, "selling": 1, "pending": 2}
        assert Payout.objects.count() == 3
        execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        )
    # Let the dead worker's lease and the message's visibility timeout pass.
    BulkLine.objects.filter(state="selling").update(lease_until=clock.now())
    execute(f"UPDATE {QUEUE} SET vt = clock_timestamp()")
    with process(*WORKER, *QUIET):
        until(lambda: line_states() == {"sold": 6})
        until(lambda: number(f"SELECT count(*) FROM {QUEUE}") == 0)
    assert (Buyback.objects.count(), Payout.objects.count()) == (6, 6)
    assert connection.in_atomic_block is False
