"""Two tasks close the same days."""

from __future__ import annotations

from datetime import timedelta

import pytest

from buyback.ledger.statements import close_statements
from buyback.models import Statement
from buyback.sellback.sell_back import sell_back
from partners.records.actor import SYSTEM
from tests.threads import together
from tests.world import NOW, World, make_item

pytestmark = pytest.mark.django_db(transaction=True)


def test_it_closes_each_day_once_for_two_clocks(world: World) -> None:
    for environment in (world.northwind.live, world.juniper.live):
        item = make_item(environment)
        sell_back(environment=environment, item_id=item.public_id, by=SYSTEM, now=NOW)
    closed = together([lambda: close_statements(now=NOW + timedelta(days=100))] * 3)
    assert sum(closed) == 200
    assert Statement.objects.count() == 200
