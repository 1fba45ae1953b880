"""Counting items for the overview."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from inventory.models import Item, Tally
from inventory.tallies import count_items
from tests.dashboard.rows import make_tally
from tests.world import NOW, World, make_item, make_pack

LATER = NOW + timedelta(minutes=1)


def test_it_counts_each_environment_and_pack(world: World) -> None:
    for state in ("held", "held", "shipped"):
        make_item(world.northwind.live, pack=world.pack, state=state)
    sold = make_item(world.northwind.live, pack=world.pack)
    Item.objects.filter(pk=sold.pk).update(state="sold", sold_at=NOW)
    make_item(world.northwind.sandbox, pack=world.pack)
    assert count_items(now=NOW) == 2
    figures = Tally.objects.of(world.northwind.live).values_list("pulled", "held", "held_value", "sold", "counted_at")
    assert list(figures) == [(4, 2, Decimal("140.26"), 1, NOW)]
    Item.objects.filter(pk=sold.pk).delete()


def test_it_counts_again_and_forgets_what_is_gone(world: World) -> None:
    gone = make_tally(world.northwind.live, pack=make_pack())
    make_item(world.northwind.live, pack=world.pack)
    for moment in (NOW, LATER):
        assert count_items(now=moment) == 1
    assert not Tally.objects.filter(pk=gone.pk).exists()
    assert Tally.objects.get().counted_at == LATER


def test_it_lets_the_later_count_stand(world: World) -> None:
    make_item(world.northwind.live, pack=world.pack)
    count_items(now=LATER)
    make_item(world.northwind.live, pack=world.pack)
    assert count_items(now=NOW) == 0
    assert Tally.objects.get().pulled == 1
