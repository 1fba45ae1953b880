"""What a first visit loads, pictures aside."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

from django.contrib.staticfiles import finders

from tests.dashboard.steps import signed_in
from tests.world import World, make_item


def test_it_loads_less_than_60_kilobytes_at_first(world: World) -> None:
    for _ in range(20):
        make_item(world.northwind.live)
    page = signed_in(world.northwind.viewer).get("/dashboard/live/users/").content
    linked = set(re.findall(r'(?:src|href)="/static/([^"]+)"', page.decode()))
    assert {Path(name).suffix for name in linked} == {".css", ".js", ".svg"}
    parts = [page, *(Path(str(finders.find(name))).read_bytes() for name in linked)]
    assert sum(len(gzip.compress(part)) for part in parts) < 60_000
