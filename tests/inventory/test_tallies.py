"""Counting items for the overview and the users' list."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from django.db import connection

from inventory.models import Item, Tally, UserTally
from inventory.tallies import count_items
from tests.dashboard.rows import make_tally
from tests.world import NOW, World, make_collector, make_item, make_pack

LATER = NOW + timedelta(minutes=1)


def test_it_counts_each_environment_and_pack(world: World) -> None:
    for state in ("held", "held", "shipped"):
        make_item(world.northwind.live, pack=world.pack, state=state)
    sold = make_item(world.northwind.live, pack=world.pack)
    Item.objects.filter(pk=sold.pk).update(state="sold", sold_at=NOW)
    make_item(world.northwind.sandbox, pack=world.pack)
    assert count_items(now=NOW) == 2
    figures = Tally.objects.of(world.northwind.live).values_list(
        "pulled", "held", "held_value", "sold", "counted_at"
    )
    assert list(figures) == [(4, 2, Decimal("140.26"), 1, NOW)]
    Item.objects.filter(pk=sold.pk).delete()


def test_it_recounts_and_deletes_empty_tallies(world: World) -> None:
    gone = make_tally(world.northwind.live, pack=make_pack())
    make_item(world.northwind.live, pack=world.pack)
    for moment in (NOW, LATER):
        assert count_items(now=moment) == 1
    assert not Tally.objects.filter(pk=gone.pk).exists()
    assert Tally.objects.get().counted_at == LATER


def test_the_later_count_wins(world: World) -> None:
    make_item(world.northwind.live, pack=world.pack)
    count_items(now=LATER)
    make_item(world.northwind.live, pack=world.pack)
    assert count_items(now=NOW) == 0
    assert Tally.objects.get().pulled == 1


def counted() -> list[tuple[object, ...]]:
    figures = ("collector__user_id", "size", "value", "closes", "latest")
    return list(UserTally.objects.order_by("collector__user_id").values_list(*figures))


def test_it_counts_what_each_user_holds(world: World) -> None:
    ann, bob = (make_collector(world.northwind.live, user_id) for user_id in ("ann", "bob"))
    for hours in (-1, 2, 5):
        make_item(
            world.northwind.live, collector=ann, now=NOW, expires_at=NOW + timedelta(hours=hours)
        )
    make_item(world.northwind.live, collector=ann, state="shipped")
    never = make_item(world.northwind.live, collector=bob, now=NOW, expires_at=None)
    count_items(now=NOW)
    assert counted() == [
        ("ann", 3, Decimal("210.39"), NOW + timedelta(hours=2), NOW),
        ("bob", 1, Decimal("70.13"), None, NOW),
    ]
    Item.objects.filter(pk=never.pk).update(state="shipping")
    count_items(now=NOW + timedelta(hours=3))
    assert counted() == [("ann", 3, Decimal("210.39"), NOW + timedelta(hours=5), NOW)]


def test_it_counts_a_sandboxs_windows_by_its_own_clock(world: World) -> None:
    sandbox = world.northwind.sandbox
    sandbox.clock_offset = timedelta(hours=3)
    sandbox.save()
    for hours in (2, 5):
        make_item(
            sandbox,
            collector=make_collector(sandbox, f"in {hours}"),
            expires_at=NOW + timedelta(hours=hours),
        )
    count_items(now=NOW)
    assert [row[3] for row in counted()] == [None, NOW + timedelta(hours=5)]


def test_it_writes_no_user_who_has_not_changed(world: World) -> None:
    ann, bob = (make_collector(world.northwind.live, user_id) for user_id in ("ann", "bob"))
    for user in (ann, bob):
        make_item(world.northwind.live, collector=user)
    count_items(now=NOW)
    before = written()
    make_item(world.northwind.live, collector=bob)
    count_items(now=LATER)
    assert [old == new for old, new in zip(before, written(), strict=True)] == [True, False]


def written() -> list[tuple[object, ...]]:
    """The physical position of each user's row, which changes with every write."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT ctid, xmax FROM inventory_usertally ORDER BY collector_id")
        return list(cursor.fetchall())
