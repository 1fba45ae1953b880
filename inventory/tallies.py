"""Counting items for the overview and the users' list: two statements over all of them, by the
clock, not by a page.
"""

from __future__ import annotations

from datetime import datetime

from django.db import connection, transaction

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
# Only what has changed is written; whoever holds nothing any more goes.
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
    """Bring every user's tally up to date, then every environment's, which tell the time; returns
    how many of these.

    ``now`` is the real time (UTC), the database's clock unless given. Safe to run twice and in
    parallel: the later count stays, and of two counts of users one begins when the other has ended.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "LOCK TABLE inventory_usertally IN SHARE ROW EXCLUSIVE MODE"
        )  # readers go on
        cursor.execute(COUNT_USERS, {"now": now})
    with connection.cursor() as cursor:
        cursor.execute(COUNT, {"now": now})
        return int(cursor.rowcount)
