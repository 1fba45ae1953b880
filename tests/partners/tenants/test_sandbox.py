"""A sandbox's clock and reset: effects, refusals, and what stays unchanged."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from buyback.sellback.sell_back import sell_back
from inventory.models import Card, Collector, Item
from inventory.packs.purchases import buy_pulls
from inventory.windows.sandbox_clock import move_clock
from inventory.windows.sweep import close_windows
from partners.keys.api_keys import find
from partners.models import AuditEntry, Environment, Event
from partners.records.actor import SYSTEM
from partners.tenants.sandbox import ClockBackwards, ClockTooFar, NotASandbox, reset
from tests.dashboard.rows import make_saved_view
from tests.world import World, make_item, make_key

DAY = timedelta(days=1)


def bought(environment: Environment, world: World) -> Item:
    purchase = buy_pulls(
        environment=environment, pack_id=world.pack.public_id, amount=1, user_id="ada", by=SYSTEM
    )
    return purchase.items.get()


def test_it_moves_the_clock_and_closes_the_windows_it_passes(world: World) -> None:
    item, here = bought(world.northwind.sandbox, world), world.northwind.sandbox
    moved = move_clock(environment=here, by=SYSTEM, seconds=7 * 86_400 + 1)
    assert moved.clock_offset == timedelta(days=7, seconds=1)
    item.refresh_from_db()
    assert item.expired_at is not None
    assert Event.objects.filter(environment=here, type="item.expired").count() == 1


def test_it_closes_no_window_elsewhere(world: World) -> None:
    other = bought(world.juniper.sandbox, world)
    move_clock(environment=world.northwind.sandbox, by=SYSTEM, seconds=8 * 86_400)
    other.refresh_from_db()
    assert other.expired_at is None
    assert world.juniper.sandbox.database_now() < world.northwind.sandbox.database_now() - 7 * DAY


def test_it_moves_the_clock_to_a_time(world: World) -> None:
    here = world.northwind.sandbox
    to = here.database_now() + 30 * DAY
    moved = move_clock(environment=here, by=SYSTEM, to=to)
    assert timedelta(0) <= moved.database_now() - to < timedelta(minutes=1)


def test_it_adds_jump_to_jump(world: World) -> None:
    for _ in range(2):
        moved = move_clock(environment=world.northwind.sandbox, by=SYSTEM, seconds=86_400)
    assert moved.clock_offset == 2 * DAY


@pytest.mark.parametrize(
    ("how", "refusal"),
    [
        ({"seconds": -1}, ClockBackwards),
        ({"seconds": -(10**14)}, ClockBackwards),
        ({"days": -1}, ClockBackwards),
        ({"seconds": 3654 * 86_400}, ClockTooFar),
        ({"seconds": 10**14}, ClockTooFar),
        ({"days": 3654}, ClockTooFar),
    ],
)
def test_it_refuses_a_clock_that_goes_back_or_too_far(
    world: World, how: dict[str, int], refusal: Any
) -> None:
    here = world.northwind.sandbox
    asked: dict[str, Any] = (
        {"to": here.database_now() + how["days"] * DAY} if "days" in how else how
    )
    with pytest.raises(refusal):
        move_clock(environment=here, by=SYSTEM, **asked)
    here.refresh_from_db()
    assert here.clock_offset == timedelta(0)
    assert not AuditEntry.objects.filter(action="sandbox.clock_moved").exists()


def test_it_has_neither_in_live(world: World) -> None:
    with pytest.raises(NotASandbox):
        move_clock(environment=world.northwind.live, by=SYSTEM, seconds=1)
    with pytest.raises(NotASandbox):
        reset(environment=world.northwind.live, by=SYSTEM)
    assert (
        Environment.objects.get(partner=world.northwind.partner, mode="live")
        == world.northwind.live
    )


def test_it_empties_the_sandbox_and_keeps_its_keys(world: World) -> None:
    old = world.northwind.sandbox
    item = bought(old, world)
    sell_back(environment=old, item_id=item.public_id, by=SYSTEM)
    bought(old, world)
    move_clock(environment=old, by=SYSTEM, seconds=60)
    new = reset(environment=old, by=SYSTEM)
    assert (new.mode, new.partner, new.clock_offset) == (
        "sandbox",
        world.northwind.partner,
        timedelta(0),
    )
    assert not Collector.objects.of(new).exists()
    assert not Event.objects.filter(environment=new).exists()
    assert Card.objects.available(new).count() == Card.objects.count()
    key = find(world.northwind.sandbox_key, "sandbox")
    assert key is not None
    assert key.environment == new
    assert Environment.objects.get(partner=world.northwind.partner, mode="sandbox") == new


def test_it_deletes_nothing(world: World) -> None:
    """The old ledger still balances, which a fixture checks after every test."""
    old = world.northwind.sandbox
    sell_back(environment=old, item_id=bought(old, world).public_id, by=SYSTEM)
    reset(environment=old, by=SYSTEM)
    assert Item.objects.of(old).get().environment.retired_at is not None
    assert Event.objects.filter(environment=old).count() == 2


def test_it_leaves_every_other_environment_alone(world: World) -> None:
    others = [world.northwind.live, world.juniper.live, world.juniper.sandbox]
    for other in (*others, world.northwind.sandbox):
        make_item(other, now=other.database_now())
        bought(other, world)
    before = list(Item.objects.filter(environment__in=others).order_by("pk").values())
    reset(environment=world.northwind.sandbox, by=SYSTEM)
    assert list(Item.objects.filter(environment__in=others).order_by("pk").values()) == before
    for text, mode in ((world.northwind.live_key, "live"), (world.juniper.sandbox_key, "sandbox")):
        key = find(text, mode)
        assert key is not None
        assert key.environment in others


def test_it_moves_keys_that_were_revoked_as_well(world: World) -> None:
    bought(world.northwind.sandbox, world)
    revoked, _ = make_key(world.northwind.sandbox, revoked_at=world.northwind.sandbox.now())
    new = reset(environment=world.northwind.sandbox, by=SYSTEM)
    revoked.refresh_from_db()
    assert (revoked.environment, revoked.is_active(new.now())) == (new, False)


def test_it_moves_the_views_that_members_saved(world: World) -> None:
    bought(world.northwind.sandbox, world)
    view = make_saved_view(world.northwind.viewer, world.northwind.sandbox)
    new = reset(environment=world.northwind.sandbox, by=SYSTEM)
    view.refresh_from_db()
    assert view.environment == new


def test_it_leaves_a_sandbox_alone_in_which_nothing_happened(world: World) -> None:
    here = world.northwind.sandbox
    assert reset(environment=here, by=SYSTEM) == here
    assert not AuditEntry.objects.filter(action="sandbox.reset").exists()


def test_it_resets_once_for_two_requests(world: World) -> None:
    """The second request has loaded the sandbox that the first one retired."""
    old = world.northwind.sandbox
    bought(old, world)
    new = reset(environment=old, by=SYSTEM)
    bought(new, world)
    assert reset(environment=old, by=SYSTEM) == new
    assert Item.objects.of(new).exists()


def test_it_lets_a_running_request_end_among_the_retired_rows(world: World) -> None:
    old = world.northwind.sandbox
    item = bought(old, world)
    new = reset(environment=old, by=SYSTEM)
    with transaction.atomic():
        sell_back(environment=old, item_id=item.public_id, by=SYSTEM)
    assert not Event.objects.filter(environment=new).exists()


def test_it_audits_both(world: World) -> None:
    bought(world.northwind.sandbox, world)
    move_clock(environment=world.northwind.sandbox, by=SYSTEM, seconds=1)
    reset(environment=world.northwind.sandbox, by=SYSTEM)
    entries = AuditEntry.objects.filter(action__startswith="sandbox.").order_by("created_at", "id")
    assert {entry.action for entry in entries} == {"sandbox.clock_moved", "sandbox.reset"}
    assert {entry.partner for entry in entries} == {world.northwind.partner}


def test_it_closes_so_many_windows_itself_and_leaves_the_rest_to_the_sweep(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inventory.windows.sandbox_clock.AT_ONCE", 2)
    here = world.northwind.sandbox
    for _ in range(5):
        bought(here, world)
    move_clock(environment=here, by=SYSTEM, seconds=8 * 86_400)
    closed = Item.objects.filter(environment=here, expired_at__isnull=False)
    assert (
        closed.count() == Event.objects.filter(environment=here, type="item.expired").count() == 2
    )
    assert close_windows() == 3
    assert closed.count() == 5
