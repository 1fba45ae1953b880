"""Counting items for the overview: one statement over all of them, by the clock, so that no page has to."""

from __future__ import annotations

from datetime import datetime

from django.db import connection

# A tally whose items are all gone (an emptied sandbox) goes too.
COUNT = """
WITH found AS MATERIALIZED (
    SELECT environment_id, pack_id, count(*) AS pulled,
           count(*) FILTER (WHERE state = 'held') AS held,
           coalesce(sum(buyback_price) FILTER (WHERE state = 'held'), 0) AS held_value,
           count(*) FILTER (WHERE state = 'sold') AS sold
      FROM inventory_item
     GROUP BY environment_id, pack_id
), gone AS (
    DELETE FROM inventory_tally tally
     WHERE NOT EXISTS (SELECT 1 FROM found
                        WHERE found.environment_id = tally.environment_id AND found.pack_id = tally.pack_id)
)
INSERT INTO inventory_tally AS tally (environment_id, pack_id, pulled, held, held_value, sold, counted_at)
SELECT found.*, coalesce(%(now)s::timestamptz, clock_timestamp()) FROM found ORDER BY environment_id, pack_id
    ON CONFLICT (environment_id, pack_id) DO UPDATE
   SET pulled = excluded.pulled, held = excluded.held, held_value = excluded.held_value, sold = excluded.sold,
       counted_at = excluded.counted_at
 WHERE tally.counted_at <= excluded.counted_at
"""


def count_items(*, now: datetime | None = None) -> int:
    """Bring every environment's tallies up to date; returns how many. ``now`` is the real time (UTC), the database's
    clock unless given. Safe to run twice and in parallel: the later count stays.
    """
    with connection.cursor() as cursor:
        cursor.execute(COUNT, {"now": now})
        return int(cursor.rowcount)
