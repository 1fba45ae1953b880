"""Counting items for the overview and the users' list, computed by a periodic task."""

from __future__ import annotations

from datetime import datetime

from django.db import connection, transaction

# Tallies of emptied sandboxes are deleted.
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
                        WHERE found.environment_id = tally.environment_id
                        AND found.pack_id = tally.pack_id)
)
INSERT INTO inventory_tally AS tally (environment_id, pack_id, pulled, held, held_value, sold,
counted_at)
SELECT found.*, coalesce(%(now)s::timestamptz, clock_timestamp()) FROM found
ORDER BY environment_id, pack_id
    ON CONFLICT (environment_id, pack_id) DO UPDATE
   SET pulled = excluded.pulled, held = excluded.held, held_value = excluded.held_value,
   sold = excluded.sold,
       counted_at = excluded.counted_at
 WHERE tally.counted_at <= excluded.counted_at
"""
# Only changes are written. Users who no longer hold items are deleted.
COUNT_USERS = """
WITH found AS MATERIALIZED (
    SELECT item.environment_id, item.collector_id, count(*) AS size,
    sum(item.buyback_price) AS value,
           min(item.expires_at) FILTER (WHERE item.expires_at >= environment.moment) AS closes,
           max(item.purchased_at) AS latest
      FROM inventory_item item
      JOIN (SELECT id, coalesce(%(now)s::timestamptz, clock_timestamp()) + clock_offset AS moment
              FROM partners_environment) environment ON environment.id = item.environment_id
     WHERE item.state = 'held'
     GROUP BY item.environment_id, item.collector_id
), gone AS (
    DELETE FROM inventory_usertally tally
     WHERE NOT EXISTS (SELECT 1 FROM found WHERE found.collector_id = tally.collector_id)
)
INSERT INTO inventory_usertally (environment_id, collector_id, size, value, closes, latest)
SELECT found.*
  FROM found LEFT JOIN inventory_usertally tally ON tally.collector_id = found.collector_id
 WHERE (tally.size, tally.value, tally.closes, tally.latest)
       IS DISTINCT FROM (found.size, found.value, found.closes, found.latest)
    ON CONFLICT (collector_id) DO UPDATE
   SET size = excluded.size, value = excluded.value, closes = excluded.closes,
   latest = excluded.latest
"""


def count_items(*, now: datetime | None = None) -> int:
    """Update every user's tally, then every environment's; returns how many environment rows.

    The environment's row has the time of the count. ``now`` is real time (UTC), by default the
    database's clock. Repeatable, also in parallel: the later count wins, and counts of users run
    one after the other.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "LOCK TABLE inventory_usertally IN SHARE ROW EXCLUSIVE MODE"
        )  # does not block readers
        cursor.execute(COUNT_USERS, {"now": now})
    with connection.cursor() as cursor:
        cursor.execute(COUNT, {"now": now})
        return int(cursor.rowcount)
