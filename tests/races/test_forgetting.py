"""A user is forgotten while an order or a live sellback of theirs begins: one of them waits."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import transaction

from buyback.live import steps
from config.foundation import clock
from config.foundation.errors import Refusal
from inventory.forgetting import traces
from inventory.forgetting.forget import forget
from inventory.models import Item, ShippingOrder
from inventory.shipping.orders import place
from partners.models import ForgottenUser
from partners.records.actor import SYSTEM
from tests.shipments import ADDRESS, make_quote
from tests.threads import together
from tests.world import World, make_item

pytestmark = pytest.mark.django_db(transaction=True)

TIMES = 8


def outcome_of(act: Any) -> str:
    try:
        act()
    except Refusal as refusal:
        return type(refusal).__name__
    return "done"


def forgetting(item: Item) -> Any:
    return partial(forget, collector=item.collector, reason="asked", by=SYSTEM)


def test_it_orders_or_forgets(world: World) -> None:
    here = world.northwind.live
    for _ in range(TIMES):
        item, now = make_item(here, now=clock.now()), clock.now()
        until = now + timedelta(minutes=15)
        quote = make_quote(here, item, created_at=now, expires_at=until)
        ordering = partial(place, environment=here, rate_id=f"{quote.pk}_rate_standard", by=SYSTEM)
        said = together([partial(outcome_of, ordering), partial(outcome_of, forgetting(item))])
        order = ShippingOrder.objects.filter(lines__item=item).first()
        if order is not None:
            assert (said, order.destination) == (["done", "UserBusy"], ADDRESS)
        else:
            assert said == ["QuoteExpired", "done"]


def test_a_sellback_has_one_recipient(world: World) -> None:
    here = world.northwind.live
    for _ in range(TIMES):
        item = make_item(here, now=clock.now())
        user = item.collector.user_id
        claimed: list[Any] = []

        def claim(item: Item = item, claimed: list[Any] = claimed) -> None:
            claimed.append(
                steps.claim(
                    environment=here,
                    item_id=item.public_id,
                    by=SYSTEM,
                    idempotency_row=None,
                    now=None,
                )
            )

        said = together([partial(outcome_of, claim), partial(outcome_of, forgetting(item))])
        item.collector.refresh_from_db()
        assert said[0] == "done"
        assert claimed[0].item.collector.user_id == item.collector.user_id
        assert (said[1] == "UserBusy") == (item.collector.user_id == user)


def test_two_passes_at_once_change_each_row_once(world: World) -> None:
    item = make_item(world.northwind.live, now=clock.now())
    with transaction.atomic():
        gone = forgetting(item)()
    together([partial(traces.erase, gone), partial(traces.erase, gone)])
    assert ForgottenUser.objects.get().stage == ""
