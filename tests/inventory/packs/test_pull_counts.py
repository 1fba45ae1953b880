"""Counting pulls: one row for each pack and pool, with every plan."""

from __future__ import annotations

from django.db import connection

from config.foundation import clock
from inventory.models import PackActivity
from inventory.packs.figures import count_pulls
from partners.models import Mode
from tests.world import World, make_environment, make_item

# These settings make the items drive the join, with a look-up of the environment for each.
NESTED = """
SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; SET LOCAL enable_material = off;
SET LOCAL enable_indexscan = off; SET LOCAL enable_bitmapscan = off
"""


def test_a_plan_that_looks_each_environment_up_again_counts_a_pack_once(world: World) -> None:
    """The clock was read at each look-up: a pack with three pulls had three rows, and it failed."""
    for _ in range(60):
        make_environment(mode=Mode.SANDBOX)
    for _ in range(3):
        make_item(world.northwind.sandbox, pack=world.pack, now=clock.now())
    with connection.cursor() as cursor:
        cursor.execute(NESTED)
    count_pulls()
    row = PackActivity.objects.get(environment=world.northwind.sandbox, pack=world.pack)
    assert row.pulls_7d == 3
