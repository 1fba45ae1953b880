-- Environments with days to close, and their first and last day.
-- Parameters: now (real time; null: the database's clock), grace, slack.
WITH clock AS (SELECT coalesce(%(now)s::timestamptz, clock_timestamp()) AS now),

-- The last day that has ended by the environment's clock, and when it ended in real time.
ended AS (
    SELECT environment.id, clock.now, day.last,
           greatest((day.last + 1)::timestamp AT TIME ZONE 'UTC' - environment.clock_offset,
                    environment.clock_moved_at) AS at
      FROM clock CROSS JOIN partners_environment environment
     CROSS JOIN LATERAL (
           SELECT ((clock.now + environment.clock_offset - %(grace)s) AT TIME ZONE 'UTC')::date - 1 AS last) day
     WHERE environment.retired_at IS NULL
)

SELECT ended.id, start.day, ended.last
  FROM ended
 CROSS JOIN LATERAL (
       -- The day after the last statement; without one, the first day with activity.
       SELECT coalesce(
              (SELECT max(day) + 1 FROM buyback_statement WHERE environment_id = ended.id),
              (least((SELECT min(created_at) FROM buyback_transfer WHERE environment_id = ended.id),
                     (SELECT min(completed_at) FROM buyback_buyback
                       WHERE environment_id = ended.id AND state = 'failed')) AT TIME ZONE 'UTC')::date) AS day) start
 WHERE start.day <= ended.last
   AND ended.at + %(grace)s <= ended.now
   AND NOT EXISTS (
       SELECT FROM pg_stat_activity activity
        WHERE activity.datname = current_database() AND activity.pid <> pg_backend_pid()
          AND activity.xact_start < ended.at + %(slack)s
          AND (activity.backend_xid IS NOT NULL OR activity.wait_event_type = 'Lock'))
 ORDER BY ended.id
