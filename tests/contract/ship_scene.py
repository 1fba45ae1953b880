"""Quotes and orders for ``scene.py``: ada's, another partner's, and some that cannot be ordered."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from inventory.models import Item
from inventory.shipping.orders import BETWEEN
from partners.models import Mode
from tests.shipments import make_order, make_quote
from tests.world import make_item

if TYPE_CHECKING:
    from tests.contract.scene import Scene

MINUTES = timedelta(minutes=15)


def add_shipping(scene: Scene) -> None:
    """Names for quotes and orders; their items exist already, except for the ordered one."""
    environment = scene.environment

    def named(name: str) -> Item:
        return Item.objects.get(environment=environment, public_id=scene.names[name])

    def offer(name: str, item: Item, *, ago: timedelta = timedelta(0)) -> None:
        began = scene.now - ago
        quote = make_quote(item.environment, item, created_at=began, expires_at=began + MINUTES)
        scene.names[name] = f"{quote.pk}{BETWEEN}standard"

    offer("quote", named("held"))
    scene.names["session of a quote"] = scene.names["quote"].partition(BETWEEN)[0]
    offer("late quote", named("held"), ago=MINUTES + timedelta(seconds=1))
    ordered = make_item(
        environment, now=scene.now, collector=environment.collectors.get(user_id="ada")
    )
    scene.names["ordered"] = ordered.public_id
    scene.names["order"] = make_order(environment, ordered, created_at=scene.now).public_id
    offer("quote of an ordered item", ordered)
    arrived = make_item(environment, now=scene.now)
    scene.names["arrived"] = arrived.public_id
    sent = {
        "state": "delivered",
        "tracking_number": "1Z",
        "tracking_url": "https://carrier.example.test/1Z",
    }
    scene.names["delivered order"] = make_order(environment, arrived, **sent).public_id
    offer("quote of a sold item", named("sold"))
    if scene.mode == Mode.LIVE:
        offer("quote of an item being sold", named("selling"))
    theirs = make_item(scene.world.juniper.environment(scene.mode), now=scene.now)
    offer("another partner's quote", theirs)
    scene.names["another partner's order"] = make_order(theirs.environment, theirs).public_id
