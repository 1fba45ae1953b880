"""The size of a first visit without pictures: every page with full lists, compressed."""

from __future__ import annotations

import gzip
import re
from functools import cache
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.urls import reverse

from buyback.sellback.sell_back import sell_back
from partners.records.actor import SYSTEM
from tests.dashboard.steps import confirmed
from tests.dashboard.test_roles import TABLE, Stock
from tests.world import World, make_collector, make_item

MOST = 60_000  # bytes
FILES = ("csv", "results")  # suffixes of addresses that are downloads


@cache
def part(name: str) -> int:
    return len(gzip.compress(Path(str(finders.find(name))).read_bytes()))


@pytest.mark.breaks_books(reason="the statement that stands for a day is invented")
def test_it_loads_less_than_60_kilobytes_at_first(world: World) -> None:
    live, stock = world.northwind.live, Stock(world.northwind)
    collector = make_collector(live, "full")
    for _ in range(55):
        make_item(live)
        sold = make_item(live, collector=collector)
        sell_back(environment=live, item_id=sold.public_id, by=SYSTEM)
        make_item(live, collector=collector)
    vars(stock)["collector"] = collector.pk
    client, weights = confirmed(world.northwind.owner), {}
    for name, door in TABLE.items():
        if door.post or door.roles[2] != 200 or name.endswith(FILES):
            continue
        where = reverse(
            f"dashboard:{name}", args=["live", *([getattr(stock, door.row)] if door.row else [])]
        )
        answer = client.get(where, headers={"Accept-Encoding": "gzip"})
        page = gzip.decompress(answer.content).decode()
        linked = set(re.findall(r'(?:src|href)="/static/([^"]+)"', page))
        assert {Path(one).suffix for one in linked} == {".css", ".js", ".svg"}, name
        weights[name] = len(answer.content) + sum(part(one) for one in linked)
    assert len(weights) > 20
    assert {name: weight for name, weight in weights.items() if weight >= MOST} == {}
