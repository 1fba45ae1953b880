"""Closing windows: marks items whose window has passed and records an event for their partner.

No sellback depends on it: a sellback checks ``expires_at`` under its own lock. The sweep works in
batches, skips items that are being sold, and can run in several processes in parallel. No sellback
waits for it.
"""

from __future__ import annotations

from datetime import datetime

from django.db import connection

from partners.models import Environment

# One batch, one statement: items and events are written together. Each environment's own clock
# decides. Rows locked by another sweep or a sellback are skipped; the next sweep finds them again.
CLOSE_BATCH = """
WITH due AS (
    SELECT item.id, environment.id AS environment_id, environment.moment
      FROM (SELECT id, coalesce(%(now)s::timestamptz, clock_timestamp()) + clock_offset AS moment
              FROM partners_environment
             WHERE retired_at IS NULL AND id = coalesce(%(environment)s::bigint, id)) environment
     CROSS JOIN LATERAL (
           SELECT id FROM inventory_item
            WHERE environment_id = environment.id AND state = 'held' AND expired_at IS NULL
              AND expires_at < environment.moment
            ORDER BY expires_at LIMIT %(batch)s
              FOR NO KEY UPDATE SKIP LOCKED) item
     LIMIT %(batch)s
), closed AS (
    UPDATE inventory_item item SET expired_at = due.moment FROM due
     WHERE item.id = due.id AND item.state = 'held' AND item.expired_at IS NULL
 RETURNING item.id, item.environment_id, item.public_id, item.collector_id, item.expires_at,
 item.expired_at
)
INSERT INTO partners_event (environment_id, type, data, created_at)
SELECT closed.environment_id, 'item.expired',
       jsonb_build_object('item_id', closed.public_id, 'user_id', collector.user_id, 'expired_at',
       closed.expires_at),
       closed.expired_at
  FROM closed JOIN inventory_collector collector ON collector.id = closed.collector_id
"""


def close_batch(
    *, environment: Environment | None = None, now: datetime | None = None, batch: int = 5000
) -> int:
    """Close up to ``batch`` passed windows, in one transaction; returns how many.

    In one environment, or in all. ``now`` is real time (UTC), by default the database's clock; a
    sandbox's clock is ahead by its offset.
    """
    parameters = {
        "environment": None if environment is None else environment.pk,
        "now": now,
        "batch": batch,
    }
    with connection.cursor() as cursor:
        cursor.execute(CLOSE_BATCH, parameters)
        return int(cursor.rowcount)


def close_windows(
    *, environment: Environment | None = None, now: datetime | None = None, batch: int = 5000
) -> int:
    """Close all passed windows, batch by batch; returns how many. Repeatable, also in parallel."""
    closed = 0
    while done := close_batch(environment=environment, now=now, batch=batch):
        closed += done
    return closed
