"""Resets and clock jumps of a sandbox during calls: nothing is half done or reported twice."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.db.backends.utils import CursorWrapper

from buyback.models import Buyback, Payout, Transfer
from buyback.outcomes import ItemExpired
from buyback.sellback import sell_back as sellback
from buyback.sellback.sell_back import sell_back
from inventory.models import Collector, Item, Purchase
from inventory.packs.purchases import buy_pulls
from inventory.windows.sandbox_clock import move_clock
from inventory.windows.sweep import CLOSE_BATCH, close_windows
from partners.models import Environment, Event
from partners.records.actor import SYSTEM
from partners.tenants import sandbox
from partners.tenants.sandbox import reset
from tests.processes import until
from tests.threads import together
from tests.world import World, make_collector, make_item, make_purchase

pytestmark = pytest.mark.django_db(transaction=True)
WEEK = 7 * 86_400


def bought(world: World, amount: int = 1) -> list[Item]:
    here = world.northwind.sandbox
    pulls = buy_pulls(
        environment=here, pack_id=world.pack.public_id, amount=amount, user_id="ada", by=SYSTEM
    )
    return list(pulls.items.all())


def while_locked(
    item: Item, waits: Callable[[], Any], meanwhile: Callable[[CursorWrapper], object]
) -> Any:
    """The result of ``waits``, started while another transaction locked the item."""
    locked = threading.Event()

    def blocked(cursor: CursorWrapper) -> bool:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
        return bool(cursor.fetchone() == (True,))

    def hold() -> None:
        holder = connection.copy()
        with closing(holder), holder.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("SELECT FROM inventory_item WHERE id = %s FOR NO KEY UPDATE", [item.pk])
            locked.set()
            until(lambda: blocked(cursor))
            meanwhile(cursor)
            cursor.execute("COMMIT")

    def wait() -> Any:
        assert locked.wait(timeout=30)
        return waits()

    held, answer = together([hold, wait])
    assert held is None
    return answer


def counts(environment: Environment) -> list[int]:
    """The numbers of users, purchases, items, buybacks, transfers, payouts and events."""
    rows = (Collector, Purchase, Item, Buyback, Transfer, Payout, Event)
    return [model._default_manager.filter(environment=environment).count() for model in rows]


def test_it_ends_a_sale_in_the_sandbox_that_it_began_in(world: World) -> None:
    """The reset does not wait for it, and it ends completely among the retired rows."""
    old = world.northwind.sandbox
    (item,) = bought(world)
    sell = partial(sell_back, environment=old, item_id=item.public_id, by=SYSTEM)
    sale = while_locked(item, sell, lambda _: reset(environment=old, by=SYSTEM))
    assert sale.amount == item.buyback_price
    assert counts(old) == [1, 1, 1, 1, 1, 1, 2]
    new = Environment.objects.get(partner=world.northwind.partner, mode="sandbox")
    assert (new != old, counts(new)) == (True, [0] * 7)


def sell_beside_a_jump(world: World) -> Any:
    """A sellback that waited while the clock jumped and a sweep closed the item's window."""
    here = world.northwind.sandbox
    (item,) = bought(world)

    def jump_and_sweep(cursor: CursorWrapper) -> None:
        sandbox.move_clock(environment=here, by=SYSTEM, seconds=WEEK + 60)
        cursor.execute(CLOSE_BATCH, {"environment": here.pk, "now": None, "batch": 1})

    answer = while_locked(
        item,
        partial(sell_back, environment=here, item_id=item.public_id, by=SYSTEM),
        jump_and_sweep,
    )
    assert counts(here) == [1, 1, 1, 0, 0, 0, 2]
    return answer


def test_it_sells_nothing_that_was_closed_while_it_waited(world: World) -> None:
    """The statement saw the old clock, and the item as the sweep left it."""
    assert isinstance(sell_beside_a_jump(world), ItemExpired)


def test_it_shows_the_constraint_alone_stopping_that_sale(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: the statement without its check of the sweep. By its clock it is open."""
    look = "expired_at IS NOT NULL OR "
    assert sellback.WAITING.count(look) == 1
    monkeypatch.setattr(sellback, "WAITING", sellback.WAITING.replace(look, ""))
    answer = sell_beside_a_jump(world)
    assert isinstance(answer, IntegrityError)
    assert "inventory_item_swept_sells_no_more" in str(answer)


def without_the_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both read the sandbox before either acts."""
    gate = threading.Barrier(2)

    def look(environment: Environment) -> Environment:
        found = Environment.objects.select_related("partner").get(pk=environment.pk)
        gate.wait(timeout=30)
        return found

    monkeypatch.setattr(sandbox, "_lock", look)


@pytest.mark.parametrize(
    ("locks", "seconds"), [(True, 120), (False, 60)], ids=["locked", "control"]
)
def test_it_adds_two_jumps_up(
    world: World, monkeypatch: pytest.MonkeyPatch, locks: bool, seconds: int
) -> None:
    """Without the lock, one of them is lost."""
    here = world.northwind.sandbox
    if not locks:
        without_the_lock(monkeypatch)
    together([partial(sandbox.move_clock, environment=here, by=SYSTEM, seconds=60)] * 2)
    here.refresh_from_db()
    assert here.clock_offset == timedelta(seconds=seconds)


@pytest.mark.parametrize(("locks", "failed"), [(True, 0), (False, 1)], ids=["locked", "control"])
def test_it_resets_once_at_once(
    world: World, monkeypatch: pytest.MonkeyPatch, locks: bool, failed: int
) -> None:
    """Without the lock, each creates a sandbox, and the database accepts only one."""
    bought(world)
    if not locks:
        without_the_lock(monkeypatch)
    answers = together([partial(reset, environment=world.northwind.sandbox, by=SYSTEM)] * 2)
    assert sum(isinstance(answer, IntegrityError) for answer in answers) == failed
    new = Environment.objects.get(partner=world.northwind.partner, mode="sandbox")
    assert [answer for answer in answers if answer == new] == [new] * (2 - failed)


def test_it_leaves_nothing_half_done_whenever_it_is_reset(world: World) -> None:
    """Sellbacks and purchases during a reset: each is complete, in the old or new sandbox."""
    old, items = world.northwind.sandbox, bought(world, 4)
    sales = [
        partial(sell_back, environment=old, item_id=item.public_id, by=SYSTEM) for item in items
    ]
    answers = together(
        [
            *sales,
            partial(bought, world),
            partial(reset, environment=old, by=SYSTEM),
            partial(bought, world),
        ]
    )
    assert [answer for answer in answers if isinstance(answer, Exception)] == []
    assert counts(old) == [1, 3, 6, 4, 4, 4, 10]
    assert counts(answers[5]) == [0] * 7


def test_it_reports_a_closed_window_once_when_the_clock_jumps_during_sweeps(world: World) -> None:
    here = world.northwind.sandbox
    purchase = make_purchase(make_collector(here))
    items = [make_item(here, purchase=purchase, now=here.database_now()) for _ in range(30)]

    def sweep() -> None:
        while not Environment.objects.get(pk=here.pk).clock_offset:
            close_windows(batch=3)
        close_windows(batch=3)

    jump = partial(move_clock, environment=here, by=SYSTEM, seconds=WEEK + 60)
    assert [type(answer) for answer in together([sweep, sweep, jump])] == [type(None)] * 2 + [
        Environment
    ]
    expired = list(
        Event.objects.filter(type="item.expired").values_list("data__item_id", flat=True)
    )
    assert sorted(expired) == sorted(item.public_id for item in items)


def test_it_sells_or_closes_each_item_when_the_clock_jumps_beside_sales(world: World) -> None:
    here = world.northwind.sandbox
    purchase = make_purchase(make_collector(here))
    items = [make_item(here, purchase=purchase, now=here.database_now()) for _ in range(12)]
    sales = [
        partial(sell_back, environment=here, item_id=item.public_id, by=SYSTEM) for item in items
    ]
    *answers, moved = together(
        [*sales, partial(move_clock, environment=here, by=SYSTEM, seconds=WEEK + 60)]
    )
    close_windows()
    sold = {
        item.pk
        for item, answer in zip(items, answers, strict=True)
        if not isinstance(answer, Exception)
    }
    assert all(
        isinstance(answer, ItemExpired) for answer in answers if isinstance(answer, Exception)
    )
    assert (
        set(Item.objects.filter(state="sold", expired_at=None).values_list("pk", flat=True)) == sold
    )
    assert Item.objects.filter(state="held").exclude(expired_at=None).count() == len(items) - len(
        sold
    )
    assert moved.clock_offset == timedelta(days=7, seconds=60)
