"""A request may name its pull: a later pull of the same card is not sold instead."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from buyback.live import steps
from buyback.models import Buyback
from buyback.outcomes import ItemNotFound
from buyback.sellback.sell_back import sell_back
from inventory.models import Item
from partners.models import Mode
from partners.records.actor import SYSTEM
from tests.world import NOW, World, make_card, make_item

Sell = Callable[..., object]


def at_once(item: Item, item_pk: int | None) -> object:
    return sell_back(
        environment=item.environment, item_id=item.public_id, item_pk=item_pk, by=SYSTEM, now=NOW
    )


def claimed(item: Item, item_pk: int | None) -> object:
    """The first step of a step-by-step sellback."""
    where = item.environment
    return steps.claim(
        environment=where,
        item_id=item.public_id,
        item_pk=item_pk,
        by=SYSTEM,
        idempotency_row=None,
        now=NOW,
    )


WAYS = pytest.mark.parametrize(
    ("mode", "sell"), [*[(mode, at_once) for mode in Mode.values], ("live", claimed)]
)


def pulled_twice(world: World, mode: str) -> tuple[Item, Item]:
    """A pull that was sold back, and the next pull of the same card."""
    environment, card = world.northwind.environment(mode), make_card()
    first = make_item(environment, card=card)
    at_once(first, None)
    return first, make_item(environment, card=card)


@WAYS
def test_it_sells_no_other_pull_than_the_one_named(world: World, mode: str, sell: Sell) -> None:
    first, second = pulled_twice(world, mode)
    with pytest.raises(ItemNotFound):
        sell(second, first.pk)
    second.refresh_from_db()
    assert (second.state, Buyback.objects.count()) == ("held", 1)


@WAYS
@pytest.mark.parametrize("named", [True, False])
def test_it_sells_the_pull_named_or_the_one_there_is(
    world: World, mode: str, sell: Sell, named: bool
) -> None:
    _, second = pulled_twice(world, mode)
    sell(second, second.pk if named else None)
    assert Buyback.objects.filter(item=second).count() == 1
